// Embedding: a value of the result an invocation.

const LANES = 64u;

struct Params {
  ids: u32,   // offset of the ids in the arena
  y: u32,     // offset of the output
  size: u32,  // of a row of the table
  count: u32, // values of the output
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> table: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * LANES + local.x;
  if (i >= p.count) {
    return;
  }
  arena[p.y + i] = table[u32(arena[p.ids + i / p.size]) * p.size + i % p.size];
}
