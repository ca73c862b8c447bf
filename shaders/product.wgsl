// Linear and Conv2d: a product of the weight with the windows of the input.
//
// An invocation computes CHANNELS output channels of POSITIONS output
// positions, whose sums stay in registers. The channels are those of a whole
// workgroup, so that all its invocations read one weight at a time. A linear
// layer is a convolution of size 1 whose positions are rows.

const CHANNELS = 8u;  // must be 8: two vectors of weights
const POSITIONS = 4u; // must be 4: a vector of positions
const LANES = 16u;

struct Params {
  x: u32,             // offset of the input in the arena
  y: u32,             // offset of the output
  batch_in: u32,      // distance of samples in the input
  batch_out: u32,     // in the output
  channel_in: u32,    // distance of channels
  channel_out: u32,
  position_in: u32,   // distance of positions, left to right
  position_out: u32,
  channels: u32,      // of the input
  outputs: u32,       // channels of the output
  height: u32,        // of the input
  width: u32,
  width_out: u32,
  positions: u32,     // of the output
  size: u32,          // of the window
  stride: u32,
  padding: u32,
  channel: u32,       // offset of what is added to each channel
  channel_batch: u32, // distance of samples in it
  residual: u32,      // offset of what is added to the output
  extras: u32,        // 1: channel, 2: residual, 4: bias
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;
// ⌈outputs/8⌉ × size × size × channels × 8, the outputs beyond the last zero
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;

fn put(at: u32, v: f32) {
  var sum = v;
  if ((p.extras & 2u) != 0u) {
    sum += arena[at - p.y + p.residual];
  }
  arena[at] = sum;
}

fn store(channel: u32, sample: u32, sums: vec4<f32>, position: u32) {
  if (channel >= p.outputs) {
    return;
  }
  var v = sums;
  if ((p.extras & 4u) != 0u) {
    v += vec4<f32>(bias[channel]);
  }
  if ((p.extras & 1u) != 0u) {
    v += vec4<f32>(arena[p.channel + sample * p.channel_batch + channel]);
  }
  var to = p.y + sample * p.batch_out + channel * p.channel_out + position * p.position_out;
  put(to, v.x);
  to += p.position_out;
  if (position + 1u < p.positions) { put(to, v.y); }
  to += p.position_out;
  if (position + 2u < p.positions) { put(to, v.z); }
  to += p.position_out;
  if (position + 3u < p.positions) { put(to, v.w); }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let first = group.x * LANES * POSITIONS + local.x * POSITIONS;
  if (first >= p.positions) {
    return;
  }
  let block = group.y;
  let position = vec4<u32>(first) + vec4<u32>(0u, 1u, 2u, 3u);
  let row = vec4<i32>(position / p.width_out * p.stride) - i32(p.padding);
  let column = vec4<i32>(position % p.width_out * p.stride) - i32(p.padding);
  let base = p.x + group.z * p.batch_in;
  var c0 = vec4<f32>(); var c1 = vec4<f32>(); var c2 = vec4<f32>(); var c3 = vec4<f32>();
  var c4 = vec4<f32>(); var c5 = vec4<f32>(); var c6 = vec4<f32>(); var c7 = vec4<f32>();
  var w = block * p.size * p.size * p.channels * 2u;
  for (var i = 0u; i < p.size; i++) {
    for (var j = 0u; j < p.size; j++) {
      let y = row + i32(i);
      let x = column + i32(j);
      let inside = (y >= vec4<i32>(0)) & (y < vec4<i32>(i32(p.height))) & (x >= vec4<i32>(0)) & (x < vec4<i32>(i32(p.width)))
        & (position < vec4<u32>(p.positions));
      // What lies beyond the edges reads some value that is there, and is
      // then taken for zero.
      var at = vec4<u32>(base) + select(vec4<u32>(), vec4<u32>(y * i32(p.width) + x) * p.position_in, inside);
      for (var c = 0u; c < p.channels; c++) {
        let v = select(vec4<f32>(), vec4<f32>(arena[at.x], arena[at.y], arena[at.z], arena[at.w]), inside);
        let a = weight[w];
        let b = weight[w + 1u];
        c0 = fma(vec4<f32>(a.x), v, c0);
        c1 = fma(vec4<f32>(a.y), v, c1);
        c2 = fma(vec4<f32>(a.z), v, c2);
        c3 = fma(vec4<f32>(a.w), v, c3);
        c4 = fma(vec4<f32>(b.x), v, c4);
        c5 = fma(vec4<f32>(b.y), v, c5);
        c6 = fma(vec4<f32>(b.z), v, c6);
        c7 = fma(vec4<f32>(b.w), v, c7);
        at += vec4<u32>(p.channel_in);
        w += 2u;
      }
    }
  }
  let sample = group.z;
  let channel = block * CHANNELS;
  store(channel, sample, c0, first);
  store(channel + 1u, sample, c1, first);
  store(channel + 2u, sample, c2, first);
  store(channel + 3u, sample, c3, first);
  store(channel + 4u, sample, c4, first);
  store(channel + 5u, sample, c5, first);
  store(channel + 6u, sample, c6, first);
  store(channel + 7u, sample, c7, first);
}
