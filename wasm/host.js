// Hosts that send something else than the file that lies there.

import { RoentgoError } from "./errors.js";

const header = (response, name) => response?.headers.get(name) ?? "";

// The error of a response that is a web page and no file; else undefined.
function page(response, what) {
  if (!/^text\/html\b/i.test(header(response, "content-type"))) return undefined;
  return new RoentgoError("host", `${response.url}: the server sent a web page in the place of ${what}; the file is missing there, or every address is answered with one page`);
}

// Why a response was not the file, where its headers say so; else undefined.
export function wrongHost(response, what) {
  const wrong = page(response, what);
  if (wrong) return wrong;
  const coding = header(response, "content-encoding");
  if (coding && coding !== "identity") {
    return new RoentgoError("host", `${response.url}: the server sent ${what} with Content-Encoding: ${coding}, which the browser unpacks; it must send the file as it is, without that header`);
  }
}

// Why a browser starts no worker of the script at an address, where the server
// says so; else undefined.
export async function wrongScript(url) {
  const response = await fetch(url, { method: "HEAD" }).catch(() => undefined);
  if (!response) return undefined;
  if (!response.ok) return new RoentgoError("network", `${url}: the server answered ${response.status} ${response.statusText}`.trim());
  const type = header(response, "content-type");
  if (/\b(java|ecma)script\b/i.test(type)) return undefined;
  return page(response, "the worker's script") ?? new RoentgoError("host", `${url}: the server sent the worker's script as ${type || "no type"}; it must send text/javascript`);
}
