// Add and Mul: x with y, whose distances along an axis are 0 where it is
// repeated; a value an invocation.

const LANES = 64u;

struct Params {
  shape: vec4<u32>,  // of x and of the output
  stride: vec4<u32>, // of y
  x: u32,            // offset of x in the arena
  y: u32,
  z: u32,            // offset of the output
  count: u32,        // values of the output
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;

fn other(i: u32) -> f32 {
  let d = i % p.shape.w;
  let c = i / p.shape.w % p.shape.z;
  let b = i / p.shape.w / p.shape.z % p.shape.y;
  let a = i / p.shape.w / p.shape.z / p.shape.y;
  return arena[p.y + a * p.stride.x + b * p.stride.y + c * p.stride.z + d * p.stride.w];
}

@compute @workgroup_size(LANES)
fn add(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * LANES + local.x;
  if (i >= p.count) {
    return;
  }
  arena[p.z + i] = arena[p.x + i] + other(i);
}

@compute @workgroup_size(LANES)
fn mul(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * LANES + local.x;
  if (i >= p.count) {
    return;
  }
  arena[p.z + i] = arena[p.x + i] * other(i);
}
