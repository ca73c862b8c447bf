//go:build js

// Command wasm is the sampler for a browser's worker. It gives the worker's
// script, worker.js, an object of functions that return promises, through
// globalThis.roentgoHost.ready, and serves until the worker ends.
package main

import "syscall/js"

func main() {
	host := js.Global().Get("roentgoHost")
	host.Call("ready", newAPI(host).functions())
	select {} // the functions are called from now on
}
