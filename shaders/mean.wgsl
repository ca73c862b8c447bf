// MeanTokens: the mean of (B, N, D) over N; a value of the result an invocation.

const LANES = 64u;

struct Params {
  x: u32,      // offset of the input in the arena
  y: u32,      // offset of the output
  mask: u32,   // offset of the mask (B, N)
  masked: u32, // 1: tokens whose mask is zero do not count
  tokens: u32, // N
  size: u32,   // D
  count: u32,  // values of the output
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * LANES + local.x;
  if (i >= p.count) {
    return;
  }
  let sample = i / p.size;
  var sum = 0.0;
  var tokens = 0.0;
  for (var n = 0u; n < p.tokens; n++) {
    if (p.masked == 0u || arena[p.mask + sample * p.tokens + n] != 0.0) {
      sum += arena[p.x + (sample * p.tokens + n) * p.size + i % p.size];
      tokens += 1.0;
    }
  }
  arena[p.y + i] = sum / max(tokens, 1.0);
}
