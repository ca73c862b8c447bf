// LayerNorm: a workgroup normalises one row.

const LANES = 64u;

struct Params {
  x: u32,     // offset of the input in the arena
  y: u32,     // offset of the output
  size: u32,  // of a row
  count: u32, // rows
  eps: f32,
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;

var<workgroup> scratch: array<f32, LANES>;

fn total(lane: u32, value: f32) -> f32 {
  workgroupBarrier();
  scratch[lane] = value;
  workgroupBarrier();
  for (var n = LANES / 2u; n > 0u; n /= 2u) {
    if (lane < n) {
      scratch[lane] += scratch[lane + n];
    }
    workgroupBarrier();
  }
  return scratch[0];
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let first = min(group.y * grid.x + group.x, p.count - 1u) * p.size;
  let lane = local.x;
  let pivot = arena[p.x + first];
  var sum = 0.0;
  for (var i = lane; i < p.size; i += LANES) {
    sum += arena[p.x + first + i] - pivot;
  }
  let mean = total(lane, sum) / f32(p.size);
  var square = 0.0;
  for (var i = lane; i < p.size; i += LANES) {
    let d = arena[p.x + first + i] - pivot - mean;
    square += d * d;
  }
  let scale = inverseSqrt(total(lane, square) / f32(p.size) + p.eps);
  for (var i = lane; i < p.size; i += LANES) {
    arena[p.y + first + i] = (arena[p.x + first + i] - pivot - mean) * scale * weight[i] + bias[i];
  }
}
