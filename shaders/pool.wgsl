// AvgPool2: a value of the output an invocation.

const LANES = 64u;

struct Params {
  x: u32,     // offset of the input in the arena
  y: u32,     // offset of the output
  width: u32, // of the output
  wide: u32,  // width of the input
  pixels: u32, // of a channel of the output
  area: u32,  // of a channel of the input
  count: u32, // values of the output
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let n = (group.y * grid.x + group.x) * LANES + local.x;
  if (n >= p.count) {
    return;
  }
  let i = n % p.pixels;
  let at = p.x + n / p.pixels * p.area + i / p.width * 2u * p.wide + i % p.width * 2u;
  arena[p.y + n] = (arena[at] + arena[at + 1u] + arena[at + p.wide] + arena[at + p.wide + 1u]) * 0.25;
}
