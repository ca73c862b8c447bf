// Linear, where inputs are whole vectors of four and outputs whole vectors of
// sixteen: an invocation computes 16 outputs of eight rows, in registers.

const ROWS = 8u; // must be 8
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

fn load(w: u32) -> Block {
  return Block(weight[w], weight[w + 1u], weight[w + 2u], weight[w + 3u], weight[w + 4u], weight[w + 5u], weight[w + 6u], weight[w + 7u]);
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
  let block = index / p.tiles * 2u;
  let last = p.rows - 1u;
  let step = p.inputs * 8u; // from block to block
  var w = block * step;
  //for b 2
  var bias$b: Sums;
  if ((p.extras & 4u) != 0u) {
    bias$b = Sums(bias[(block + $bu) * 2u], bias[(block + $bu) * 2u + 1u]);
  }
  //end
  //for r 8
  // Rows beyond the last read it, and are not stored.
  let r$r = p.x + min(first + $ru, last) * p.inputs;
  var s$r_0 = bias0;
  var s$r_1 = bias1;
  //end
  for (var i = 0u; i < p.inputs; i++) {
    //for r 8
    let x$r = arena[r$r + i];
    //end
    //for b 2
    let b$b = load(w + $bu * step);
    //for r 8
    s$r_$b = accumulate(x$r, b$b, s$r_$b);
    //end
    //end
    w += 8u;
  }
  //for r 8
  store(first + $ru, block, s$r_0);
  store(first + $ru, block + 1u, s$r_1);
  //end
}
