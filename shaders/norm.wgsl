// GroupNorm and LayerNorm where planes, or rows, are whole vectors of four.

const LANES = 64u; // of groups
const ROW_LANES = 32u; // of rows

struct Params {
  x: u32,        // offset of the input in the arena, in vectors
  y: u32,        // offset of the output, in vectors
  groups: u32,   // of a sample
  channels: u32, // of a group
  size: u32,     // of a channel, or of a row, in vectors
  count: u32,    // groups of all samples, or rows
  eps: f32,
  silu: u32,     // 1: SiLU of the result of a GroupNorm
  adapt: u32,       // sum of: 1: the result is scaled, 2: shifted, per channel
  scale: u32,       // offset of the scale in the arena, in values
  scale_batch: u32, // distance of its samples
  shift: u32,
  shift_batch: u32,
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;

var<workgroup> scratch: array<vec2<f32>, LANES>;

fn total(lane: u32, v: vec2<f32>) -> vec2<f32> {
  scratch[lane] = v;
  workgroupBarrier();
  for (var n = LANES / 2u; n > 0u; n /= 2u) {
    if (lane < n) {
      scratch[lane] += scratch[lane + n];
    }
    workgroupBarrier();
  }
  return scratch[0];
}

// value is one value of the arena.
fn value(i: u32) -> f32 {
  return arena[i / 4u][i % 4u];
}

// A workgroup normalises one group of one sample.
@compute @workgroup_size(LANES)
fn group_norm(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let index = min(group.y * grid.x + group.x, p.count - 1u);
  let lane = local.x;
  let n = p.channels * p.size;
  let start = index * n;
  // Mean and variance in one pass, of the distances from one of the values: a
  // large mean takes no digits.
  let pivot = vec4<f32>(arena[p.x + start].x);
  var sum = vec4<f32>();
  var square = vec4<f32>();
  for (var i = lane; i < n; i += LANES) {
    let d = arena[p.x + start + i] - pivot;
    sum += d;
    square += d * d;
  }
  let moments = total(lane, vec2<f32>(dot(sum, vec4<f32>(1.0)), dot(square, vec4<f32>(1.0)))) / f32(4u * n);
  let mean = pivot + vec4<f32>(moments.x);
  let scale = inverseSqrt(max(moments.y - moments.x * moments.x, 0.0) + p.eps);
  let channel = index % p.groups * p.channels;
  for (var i = lane; i < n; i += LANES) {
    let c = channel + i / p.size;
    var w = weight[c] * scale;
    var b = bias[c];
    if ((p.adapt & 1u) != 0u) {
      let s = value(p.scale + index / p.groups * p.scale_batch + c);
      w *= s;
      b *= s;
    }
    if ((p.adapt & 2u) != 0u) {
      b += value(p.shift + index / p.groups * p.shift_batch + c);
    }
    var v = (arena[p.x + start + i] - mean) * w + vec4<f32>(b);
    if (p.silu != 0u) {
      // e^87 is near the end of f32; beyond it the result is zero in any case.
      v /= vec4<f32>(1.0) + exp(min(-v, vec4<f32>(87.0)));
    }
    arena[p.y + start + i] = v;
  }
}

// An invocation normalises one row.
@compute @workgroup_size(ROW_LANES)
fn layer_norm(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let index = (group.y * grid.x + group.x) * ROW_LANES + local.x;
  if (index >= p.count) {
    return;
  }
  let start = index * p.size;
  let pivot = vec4<f32>(arena[p.x + start].x);
  var sum = vec4<f32>();
  for (var i = 0u; i < p.size; i++) {
    sum += arena[p.x + start + i] - pivot;
  }
  let mean = pivot + vec4<f32>(((sum.x + sum.y) + (sum.z + sum.w)) / f32(4u * p.size));
  var square = vec4<f32>();
  for (var i = 0u; i < p.size; i++) {
    let d = arena[p.x + start + i] - mean;
    square += d * d;
  }
  let scale = inverseSqrt(((square.x + square.y) + (square.z + square.w)) / f32(4u * p.size) + p.eps);
  for (var i = 0u; i < p.size; i++) {
    let w = vec4<f32>(weight[4u * i], weight[4u * i + 1u], weight[4u * i + 2u], weight[4u * i + 3u]);
    let b = vec4<f32>(bias[4u * i], bias[4u * i + 1u], bias[4u * i + 2u], bias[4u * i + 3u]);
    arena[p.y + start + i] = (arena[p.x + start + i] - mean) * scale * w + b;
  }
}
