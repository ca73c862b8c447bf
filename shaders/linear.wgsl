// Linear, where inputs are whole vectors of four and outputs whole vectors of
// eight: an invocation computes eight outputs of eight rows, in registers.

const ROWS = 8u;    // must be 8
const OUTPUTS = 8u; // must be 8: two vectors
const LANES = 32u;

struct Params {
  x: u32,       // offset of the input in the arena, in vectors
  y: u32,       // offset of the output, in vectors
  inputs: u32,  // of a row, in vectors
  outputs: u32, // of a row, in vectors
  rows: u32,
  tiles: u32,   // of ROWS rows
  count: u32,   // invocations
  residual: u32, // offset of what is added to the output, in vectors
  extras: u32,  // 2: residual, 4: bias
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> p: Params;
// outputs/8 × inputs × 8
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;

// Eight outputs of one row.
struct Sums {
  low: vec4<f32>,
  high: vec4<f32>,
}

// The weights of four inputs.
struct Block {
  a0: vec4<f32>,
  b0: vec4<f32>,
  a1: vec4<f32>,
  b1: vec4<f32>,
  a2: vec4<f32>,
  b2: vec4<f32>,
  a3: vec4<f32>,
  b3: vec4<f32>,
}

fn accumulate(v: vec4<f32>, w: Block, s: Sums) -> Sums {
  var low = fma(vec4<f32>(v.x), w.a0, s.low);
  var high = fma(vec4<f32>(v.x), w.b0, s.high);
  low = fma(vec4<f32>(v.y), w.a1, low);
  high = fma(vec4<f32>(v.y), w.b1, high);
  low = fma(vec4<f32>(v.z), w.a2, low);
  high = fma(vec4<f32>(v.z), w.b2, high);
  low = fma(vec4<f32>(v.w), w.a3, low);
  high = fma(vec4<f32>(v.w), w.b3, high);
  return Sums(low, high);
}

fn store(row: u32, block: u32, s: Sums) {
  if (row >= p.rows) {
    return;
  }
  let at = row * p.outputs + block * 2u;
  var low = s.low;
  var high = s.high;
  if ((p.extras & 2u) != 0u) {
    low += arena[p.residual + at];
    high += arena[p.residual + at + 1u];
  }
  arena[p.y + at] = low;
  arena[p.y + at + 1u] = high;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let index = (group.y * grid.x + group.x) * LANES + local.x;
  if (index >= p.count) {
    return;
  }
  let first = index % p.tiles * ROWS;
  let block = index / p.tiles;
  let last = p.rows - 1u;
  var s0: Sums;
  if ((p.extras & 4u) != 0u) {
    s0 = Sums(bias[block * 2u], bias[block * 2u + 1u]);
  }
  var s1 = s0; var s2 = s0; var s3 = s0; var s4 = s0; var s5 = s0; var s6 = s0; var s7 = s0;
  // Rows beyond the last read it, and are not stored.
  let r0 = p.x + first * p.inputs;
  let r1 = p.x + min(first + 1u, last) * p.inputs;
  let r2 = p.x + min(first + 2u, last) * p.inputs;
  let r3 = p.x + min(first + 3u, last) * p.inputs;
  let r4 = p.x + min(first + 4u, last) * p.inputs;
  let r5 = p.x + min(first + 5u, last) * p.inputs;
  let r6 = p.x + min(first + 6u, last) * p.inputs;
  let r7 = p.x + min(first + 7u, last) * p.inputs;
  var w = block * p.inputs * 8u;
  for (var i = 0u; i < p.inputs; i++) {
    let b = Block(weight[w], weight[w + 1u], weight[w + 2u], weight[w + 3u], weight[w + 4u], weight[w + 5u], weight[w + 6u], weight[w + 7u]);
    s0 = accumulate(arena[r0 + i], b, s0);
    s1 = accumulate(arena[r1 + i], b, s1);
    s2 = accumulate(arena[r2 + i], b, s2);
    s3 = accumulate(arena[r3 + i], b, s3);
    s4 = accumulate(arena[r4 + i], b, s4);
    s5 = accumulate(arena[r5 + i], b, s5);
    s6 = accumulate(arena[r6 + i], b, s6);
    s7 = accumulate(arena[r7 + i], b, s7);
    w += 8u;
  }
  store(first, block, s0);
  store(first + 1u, block, s1);
  store(first + 2u, block, s2);
  store(first + 3u, block, s3);
  store(first + 4u, block, s4);
  store(first + 5u, block, s5);
  store(first + 6u, block, s6);
  store(first + 7u, block, s7);
}
