// GroupNorm: a workgroup normalises one group of one sample.

const LANES = 64u;

struct Params {
  x: u32,        // offset of the input in the arena
  y: u32,        // offset of the output
  groups: u32,   // of a sample
  channels: u32, // of a group
  pixels: u32,   // of a channel
  count: u32,    // groups of all samples
  eps: f32,
  silu: u32,     // 1: SiLU of the result
  adapt: u32,       // sum of: 1: the result is scaled, 2: shifted, per channel
  scale: u32,       // offset of the scale in the arena, in values
  scale_batch: u32, // distance of its samples
  shift: u32,
  shift_batch: u32,
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
  let index = min(group.y * grid.x + group.x, p.count - 1u);
  let lane = local.x;
  let n = p.channels * p.pixels;
  let start = index * n;
  // Sums of distances from one of the values: a large mean takes no digits.
  let pivot = arena[p.x + start];
  var sum = 0.0;
  for (var i = lane; i < n; i += LANES) {
    sum += arena[p.x + start + i] - pivot;
  }
  let mean = total(lane, sum) / f32(n);
  var square = 0.0;
  for (var i = lane; i < n; i += LANES) {
    let d = arena[p.x + start + i] - pivot - mean;
    square += d * d;
  }
  let scale = inverseSqrt(total(lane, square) / f32(n) + p.eps);
  let channel = index % p.groups * p.channels;
  let sample = index / p.groups;
  for (var c = 0u; c < p.channels; c++) {
    var w = weight[channel + c] * scale;
    var b = bias[channel + c];
    if ((p.adapt & 1u) != 0u) {
      let s = arena[p.scale + sample * p.scale_batch + channel + c];
      w *= s;
      b *= s;
    }
    if ((p.adapt & 2u) != 0u) {
      b += arena[p.shift + sample * p.shift_batch + channel + c];
    }
    for (var i = lane; i < p.pixels; i += LANES) {
      let at = start + c * p.pixels + i;
      var v = (arena[p.x + at] - pivot - mean) * w + b;
      if (p.silu != 0u) {
        v /= 1.0 + exp(min(-v, 87.0)); // as in activation.wgsl
      }
      arena[p.y + at] = v;
    }
  }
}
