// The end of a convolution whose channels were summed in parts: a vector of the
// output an invocation.

const LANES = 64u;

struct Params {
  scratch: u32,  // offset of the sums of the parts, in vectors
  y: u32,        // offset of the output, in vectors
  parts: u32,
  outputs: u32,  // channels
  area: u32,     // of a plane, in vectors
  count: u32,    // vectors of the output
  channel: u32,  // offset of what is added to each channel, in values
  channel_batch: u32, // distance of samples in it
  residual: u32, // offset of what is added to the output, in vectors
  extras: u32,   // 1: channel, 2: residual
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> bias: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * LANES + local.x;
  if (i >= p.count) {
    return;
  }
  let channel = i / p.area % p.outputs;
  var sum = vec4<f32>(bias[channel]);
  for (var part = 0u; part < p.parts; part++) {
    sum += arena[p.scratch + part * p.count + i];
  }
  if ((p.extras & 1u) != 0u) {
    let at = p.channel + i / p.area / p.outputs * p.channel_batch + channel;
    sum += vec4<f32>(arena[at / 4u][at % 4u]);
  }
  if ((p.extras & 2u) != 0u) {
    sum += arena[p.residual + i];
  }
  arena[p.y + i] = sum;
}
