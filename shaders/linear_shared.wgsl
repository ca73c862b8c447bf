// Linear, where inputs are whole vectors of four and outputs whole vectors of
// eight: a workgroup computes 32 outputs of 32 rows. DEPTH vectors of inputs of
// both operands at a time go through workgroup memory, from where an invocation
// takes what it needs for 4 outputs of 4 rows.

const LANES = 64u;
const DEPTH = 4u;
const ROWS = 32u;
const OUTPUTS = 8u; // vectors of four outputs

struct Params {
  x: u32,       // offset of the input in the arena, in vectors
  y: u32,       // offset of the output, in vectors
  inputs: u32,  // of a row, in vectors
  outputs: u32, // of a row, in vectors
  rows: u32,
  residual: u32, // offset of what is added to the output, in vectors
  extras: u32,  // 2: residual, 4: bias
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> p: Params;
// outputs/8 × inputs × 8
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;

var<workgroup> values: array<vec4<f32>, 128>;  // ROWS × DEPTH
var<workgroup> weights: array<vec4<f32>, 128>; // 4 × DEPTH × OUTPUTS

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let lane = local.x;
  let row = group.x * ROWS;
  let output = group.y * OUTPUTS;
  //for r 4
  var s$r = vec4<f32>();
  //end
  for (var i = 0u; i < p.inputs; i += DEPTH) {
    workgroupBarrier();
    for (var j = lane; j < ROWS * DEPTH; j += LANES) {
      var v = vec4<f32>();
      if (row + j / DEPTH < p.rows && i + j % DEPTH < p.inputs) {
        v = arena[p.x + (row + j / DEPTH) * p.inputs + i + j % DEPTH];
      }
      values[j] = v;
    }
    for (var j = lane; j < 4u * DEPTH * OUTPUTS; j += LANES) {
      let input = i * 4u + j / OUTPUTS;
      let o = output + j % OUTPUTS;
      var w = vec4<f32>();
      if (input < p.inputs * 4u && o < p.outputs) {
        w = weight[(o / 2u * p.inputs * 4u + input) * 2u + o % 2u];
      }
      weights[j] = w;
    }
    workgroupBarrier();
    for (var j = 0u; j < DEPTH; j++) {
      //for k 4
      let w$k = weights[(j * 4u + $ku) * OUTPUTS + lane % 8u];
      //end
      //for r 4
      let v$r = values[(lane / 8u + $ru * 8u) * DEPTH + j];
      //for k 4
      s$r = fma(vec4<f32>(v$r[$k]), w$k, s$r);
      //end
      //end
    }
  }
  let o = output + lane % 8u;
  if (o >= p.outputs) {
    return;
  }
  var b = vec4<f32>();
  if ((p.extras & 4u) != 0u) {
    b = bias[o];
  }
  //for r 4
  if (row + lane / 8u + $ru * 8u < p.rows) {
    let at = (row + lane / 8u + $ru * 8u) * p.outputs + o;
    var v = s$r + b;
    if ((p.extras & 2u) != 0u) {
      v += arena[p.residual + at];
    }
    arena[p.y + at] = v;
  }
  //end
}
