// Concat, Transpose, Upsample2, PixelShuffle and PixelUnshuffle: the output
// is a block of values, each copied from a place in the input that is the sum
// of what its six indices give. An invocation copies one value.

const LANES = 64u;

struct Params {
  shape: vec4<u32>,  // of the block: its four outer axes
  source: vec4<u32>, // distances in the input along them
  to: vec4<u32>,     // distances in the output
  inner: vec4<u32>,  // shape of the two inner axes, then their distances in the input
  inner_to: vec2<u32>, // distances of the inner axes in the output
  x: u32,            // offset of the input in the arena
  y: u32,            // offset of the output
  count: u32,        // values of the block
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let n = (group.y * grid.x + group.x) * LANES + local.x;
  if (n >= p.count) {
    return;
  }
  var rest = n;
  let f = rest % p.inner.y; rest /= p.inner.y;
  let e = rest % p.inner.x; rest /= p.inner.x;
  let d = rest % p.shape.w; rest /= p.shape.w;
  let c = rest % p.shape.z; rest /= p.shape.z;
  let b = rest % p.shape.y; rest /= p.shape.y;
  let index = vec4<u32>(rest, b, c, d);
  let origin = index * p.source;
  let destination = index * p.to;
  arena[p.y + destination.x + destination.y + destination.z + destination.w + e * p.inner_to.x + f * p.inner_to.y] =
    arena[p.x + origin.x + origin.y + origin.z + origin.w + e * p.inner.z + f * p.inner.w];
}
