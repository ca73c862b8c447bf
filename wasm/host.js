// Hosts that send something else than the file that lies there.

import { RoentgoError } from "./errors.js";

// Why a response was not the file, where its headers say so; else undefined.
export function wrongHost(response, what) {
  const header = (name) => response?.headers.get(name) ?? "";
  if (/^text\/html\b/i.test(header("content-type"))) {
    return new RoentgoError("host", `${response.url}: the server sent a web page in the place of ${what}; the file is missing there, or every address is answered with one page`);
  }
  const coding = header("content-encoding");
  if (coding && coding !== "identity") {
    return new RoentgoError("host", `${response.url}: the server sent ${what} with Content-Encoding: ${coding}, which the browser unpacks; it must send the file as it is, without that header`);
  }
}
