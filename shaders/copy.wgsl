// Concat, Transpose and Upsample2 where what is copied is whole vectors of
// four; and the sum of two tensors of one shape.

const LANES = 64u;

struct Params {
  x: u32,     // offset of the input in the arena, in vectors
  y: u32,     // offset of the output, in vectors
  width: u32, // in vectors: of a sample's part, of a row
  height: u32, // in vectors: distance of samples in the output; rows of the input, by fours
  count: u32, // invocations
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> p: Params;

// A vector an invocation: a part of width vectors a sample, height apart.
@compute @workgroup_size(LANES)
fn join(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * LANES + local.x;
  if (i >= p.count) {
    return;
  }
  arena[p.y + i / p.width * p.height + i % p.width] = arena[p.x + i];
}

// (B, 4·height, 4·width) to (B, 4·width, 4·height), a square of 4×4 an
// invocation.
@compute @workgroup_size(LANES)
fn transpose4(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * LANES + local.x;
  if (i >= p.count) {
    return;
  }
  let column = i % p.width;
  let row = i / p.width % p.height;
  let sample = i / p.width / p.height * 4u * p.width * p.height;
  let x = p.x + sample + row * 4u * p.width + column;
  let t = transpose(mat4x4<f32>(arena[x], arena[x + p.width], arena[x + 2u * p.width], arena[x + 3u * p.width]));
  let y = p.y + sample + column * 4u * p.height + row;
  arena[y] = t[0];
  arena[y + p.height] = t[1];
  arena[y + 2u * p.height] = t[2];
  arena[y + 3u * p.height] = t[3];
}

// A vector of the input an invocation; rows of width vectors.
@compute @workgroup_size(LANES)
fn upsample(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * LANES + local.x;
  if (i >= p.count) {
    return;
  }
  let v = arena[p.x + i];
  let y = p.y + i / p.width * 4u * p.width + i % p.width * 2u;
  arena[y] = v.xxyy;
  arena[y + 1u] = v.zzww;
  arena[y + 2u * p.width] = v.xxyy;
  arena[y + 2u * p.width + 1u] = v.zzww;
}

// Adds the vectors at height to those at x.
@compute @workgroup_size(LANES)
fn add(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * LANES + local.x;
  if (i >= p.count) {
    return;
  }
  arena[p.y + i] = arena[p.x + i] + arena[p.height + i];
}
