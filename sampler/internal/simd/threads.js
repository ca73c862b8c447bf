// A thread of the kernels' team: a module worker that joins for good and is
// ended from outside. threads.go starts it and sends one message.
self.onmessage = async ({ data: { module, memory, stack, team, thread } }) => {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  exports.__stack_pointer.value = stack; // instances begin with the same one
  self.postMessage("ready");
  exports.work(team, thread);
};
