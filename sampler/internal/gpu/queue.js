// The part of the browser's device that runs in every step. Go records a list
// of dispatches once and submits it many times: each crosses the border
// between Go and JavaScript as one call instead of three a dispatch.

const MAP_READ = 0x1; // GPUBufferUsage, which a worker without WebGPU lacks
const COPY_DST = 0x8;
const READ = 0x1; // GPUMapMode.READ
const MAX_FREE = 4; // staging buffers that are kept: a sampler has two sets of vectors in flight, and there is the image

class Queue {
  constructor(device) {
    this.device = device;
    this.errors = [];
    this.free = []; // staging buffers, the last used at the end
    device.addEventListener("uncapturederror", (e) => {
      e.preventDefault();
      this.errors.push(e.error);
    });
  }

  // Runs create inside error scopes and returns what it made; rejects with
  // the GPUError, whose class distinguishes memory from misuse.
  async scoped(create) {
    this.device.pushErrorScope("validation");
    this.device.pushErrorScope("out-of-memory");
    this.device.pushErrorScope("internal");
    let made;
    try {
      made = await create();
    } finally {
      for (let i = 0; i < 3; i++) {
        const error = await this.device.popErrorScope();
        if (error) this.errors.unshift(error);
      }
    }
    if (this.errors.length > 0) throw this.errors.shift();
    return made;
  }

  async compile(code, entryPoint, kinds) {
    const module = this.device.createShaderModule({ code });
    for (const m of (await module.getCompilationInfo()).messages) {
      if (m.type === "error") throw new Error(`${m.lineNum}:${m.linePos}: ${m.message}`);
    }
    const layout = this.device.createBindGroupLayout({
      entries: kinds.map((type, binding) => ({ binding, visibility: 4, buffer: { type } })),
    });
    const pipeline = await this.device.createComputePipelineAsync({
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint },
    });
    return { pipeline, layout };
  }

  // counts holds three numbers of workgroups a dispatch.
  submit(pipelines, groups, counts) {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    let set = null;
    for (let i = 0; i < pipelines.length; i++) {
      if (pipelines[i] !== set) pass.setPipeline((set = pipelines[i]));
      pass.setBindGroup(0, groups[i]);
      pass.dispatchWorkgroups(counts[3 * i], counts[3 * i + 1], counts[3 * i + 2]);
    }
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }

  // Copies a range of a buffer out, after everything that was submitted, and
  // promises the bytes. What is submitted later does not delay them.
  copy(buffer, offset, size) {
    const at = this.free.findIndex((b) => b.size === size);
    const staging = at >= 0 ? this.free.splice(at, 1)[0] : this.device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
    this.device.queue.submit([encoder.finish()]);
    const bytes = this.arrive(staging);
    bytes.catch(() => {}); // nobody may be waiting any more
    return bytes;
  }

  async arrive(staging) {
    try {
      await staging.mapAsync(READ);
    } finally {
      if (this.errors.length > 0) throw this.errors.shift(); // the cause
    }
    const copy = new Uint8Array(staging.getMappedRange()).slice();
    staging.unmap();
    this.free.push(staging);
    if (this.free.length > MAX_FREE) this.free.shift().destroy();
    return copy;
  }
}

globalThis.roentgoQueue = Queue;
