// Conv2d of stride 1 that keeps height and width, of windows of 3×3 or 1×1,
// where rows are whole vectors of four positions: a workgroup computes 32
// output channels of 64 positions, which may be those of several samples. DEPTH
// channels of both operands at a time go through workgroup memory, from where
// an invocation takes what it needs for 4 channels of 8 positions.

const LANES = 64u;
const DEPTH = 16u;
const CHANNELS = 8u;  // vectors of four channels of a workgroup
const POSITIONS = 16u; // vectors of four positions

struct Params {
  x: u32,        // offset of the input in the arena, in vectors
  y: u32,        // offset of the output, in vectors
  channels: u32, // of the input
  outputs: u32,  // channels of the output
  height: u32,
  width: u32,    // in vectors
  samples: u32,
  size: u32,     // of the window, 1 or 3
  channel: u32,  // offset of what is added to each channel, in values
  channel_batch: u32, // distance of samples in it
  residual: u32, // offset of what is added to the output, in vectors
  extras: u32,   // 1: channel, 2: residual
  part: u32,     // channels of the input that a workgroup sums
  scratch: u32,  // offset of the sums of the parts, in vectors; where part is less than channels
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> p: Params;
// ⌈outputs/8⌉ × taps × channels × 8, the outputs beyond the last zero
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;

var<workgroup> weights: array<vec4<f32>, 128>; // DEPTH × CHANNELS
var<workgroup> values: array<vec4<f32>, 256>;  // DEPTH × POSITIONS

// Four positions of the input, moved by a tap's column; zero beyond the edges.
fn moved(plane: u32, row: i32, x: u32, column: u32) -> vec4<f32> {
  if (row < 0 || row >= i32(p.height)) {
    return vec4<f32>();
  }
  let at = plane + u32(row) * p.width + x;
  let v = arena[at];
  if (p.size == 1u || column == 1u) {
    return v;
  }
  if (column == 0u) {
    var before = 0.0;
    if (x > 0u) {
      before = arena[at - 1u].w;
    }
    return vec4<f32>(before, v.xyz);
  }
  var after = 0.0;
  if (x + 1u < p.width) {
    after = arena[at + 1u].x;
  }
  return vec4<f32>(v.yzw, after);
}

// Four channels of four positions.
fn store(channel: u32, vector: u32, part: u32, sums: mat4x4<f32>) {
  let area = p.height * p.width;
  if (vector >= area * p.samples) {
    return;
  }
  let sample = vector / area;
  //for i 4
  if (channel + $iu < p.outputs) {
    let to = (sample * p.outputs + channel + $iu) * area + vector % area;
    if (p.part < p.channels) {
      arena[p.scratch + part * p.samples * p.outputs * area + to] = sums[$i];
    } else {
      var v = sums[$i] + vec4<f32>(bias[channel + $iu]);
      if ((p.extras & 1u) != 0u) {
        let at = p.channel + sample * p.channel_batch + channel + $iu;
        v += vec4<f32>(arena[at / 4u][at % 4u]);
      }
      if ((p.extras & 2u) != 0u) {
        v += arena[p.residual + to];
      }
      arena[p.y + to] = v;
    }
  }
  //end
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let lane = local.x;
  let area = p.height * p.width;
  let taps = p.size * p.size;
  let blocks = (p.outputs + 7u) / 8u;
  // What this invocation brings to workgroup memory: one vector of positions of
  // every fourth channel, one of weights of every eighth.
  let vector = group.x * POSITIONS + lane % POSITIONS;
  let sample = vector / area;
  let x = vector % area % p.width;
  let row = i32(vector % area / p.width);
  let block = group.y * (CHANNELS / 2u) + lane % CHANNELS / 2u;
  let first = group.z * p.part;
  let last = min(first + p.part, p.channels);
  var low = mat4x4<f32>();
  var high = mat4x4<f32>();
  for (var tap = 0u; tap < taps; tap++) {
    for (var c = first; c < last; c += DEPTH) {
      workgroupBarrier();
      for (var i = lane / POSITIONS; i < DEPTH; i += LANES / POSITIONS) {
        var v = vec4<f32>();
        if (c + i < last && sample < p.samples) {
          v = moved(p.x + (sample * p.channels + c + i) * area, row + i32(tap / p.size) - i32(p.size / 2u), x, tap % p.size);
        }
        values[i * POSITIONS + lane % POSITIONS] = v;
      }
      for (var i = lane / CHANNELS; i < DEPTH; i += LANES / CHANNELS) {
        var w = vec4<f32>();
        if (c + i < last && block < blocks) {
          w = weight[((block * taps + tap) * p.channels + c + i) * 2u + lane % 2u];
        }
        weights[i * CHANNELS + lane % CHANNELS] = w;
      }
      workgroupBarrier();
      for (var i = 0u; i < DEPTH; i++) {
        let w = weights[i * CHANNELS + lane / 8u];
        let a = values[i * POSITIONS + lane % 8u];
        let b = values[i * POSITIONS + lane % 8u + 8u];
        low = mat4x4<f32>(fma(vec4<f32>(w.x), a, low[0]), fma(vec4<f32>(w.y), a, low[1]), fma(vec4<f32>(w.z), a, low[2]), fma(vec4<f32>(w.w), a, low[3]));
        high = mat4x4<f32>(fma(vec4<f32>(w.x), b, high[0]), fma(vec4<f32>(w.y), b, high[1]), fma(vec4<f32>(w.z), b, high[2]), fma(vec4<f32>(w.w), b, high[3]));
      }
    }
  }
  let channel = (group.y * CHANNELS + lane / 8u) * 4u;
  store(channel, group.x * POSITIONS + lane % 8u, group.z, low);
  store(channel, group.x * POSITIONS + lane % 8u + 8u, group.z, high);
}
