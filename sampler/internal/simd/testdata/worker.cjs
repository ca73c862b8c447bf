// The Worker of a browser, as far as threads.go uses it, on those of Node.
const { Worker: Thread } = require("node:worker_threads");

const shim = (url) => `
const { parentPort } = require("node:worker_threads");
globalThis.self = { postMessage: (data) => parentPort.postMessage(data) };
const loaded = import(${JSON.stringify(url)});
parentPort.on("message", async (data) => { await loaded; self.onmessage({ data }); });
loaded.catch((error) => { throw error; });
`;

module.exports = class Worker {
  constructor(url) {
    this.thread = new Thread(shim(new URL(url, `file://${__dirname}/`).href), { eval: true });
    this.thread.on("message", (data) => {
      this.thread.unref(); // it has joined: Node may end without it
      this.onmessage?.({ data });
    });
    this.thread.on("error", (error) => this.onerror?.({ error }));
  }
  postMessage(data) {
    this.thread.postMessage(data);
  }
  terminate() {
    this.thread.terminate();
  }
};
