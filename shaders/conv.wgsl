// Conv2d of stride 1 that keeps height and width, with windows of 3×3 (conv3)
// or 1×1 (conv1), where rows, or planes, are whole vectors of four positions.
//
// An invocation computes CHANNELS output channels of 16 positions: 4 rows of 4
// for windows of 3×3, whose values then serve nine taps each, 16 in a line
// else. The tile is a matrix of four vectors a channel, in registers.

const CHANNELS = 8u; // must be 8: two vectors of weights
const LANES = 32u;

struct Params {
  x: u32,        // offset of the input in the arena, in vectors
  y: u32,        // offset of the output, in vectors
  channels: u32, // of the input
  outputs: u32,  // channels of the output
  height: u32,
  width: u32,    // in vectors
  samples: u32,
  tiles: u32,    // of 16 positions in a plane
  count: u32,    // invocations
  channel: u32,  // offset of what is added to each channel, in values
  channel_batch: u32, // distance of samples in it
  residual: u32, // offset of what is added to the output, in vectors
  extras: u32,   // 1: channel, 2: residual
  part: u32,     // channels of the input that an invocation sums
  scratch: u32,  // offset of the sums of the parts, in vectors; where part is less than channels
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> p: Params;
// ⌈outputs/8⌉ × taps × channels × 8, the outputs beyond the last zero
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;

// The sums of 16 positions of CHANNELS channels.
struct Sums {
  c0: mat4x4<f32>,
  c1: mat4x4<f32>,
  c2: mat4x4<f32>,
  c3: mat4x4<f32>,
  d0: mat4x4<f32>,
  d1: mat4x4<f32>,
  d2: mat4x4<f32>,
  d3: mat4x4<f32>,
}

fn accumulate(w: f32, v: mat4x4<f32>, c: mat4x4<f32>) -> mat4x4<f32> {
  let s = vec4<f32>(w);
  return mat4x4<f32>(fma(s, v[0], c[0]), fma(s, v[1], c[1]), fma(s, v[2], c[2]), fma(s, v[3], c[3]));
}

fn tap(sums: ptr<function, Sums>, w: u32, v: mat4x4<f32>) {
  let a = weight[w];
  let b = weight[w + 1u];
  (*sums).c0 = accumulate(a.x, v, (*sums).c0);
  (*sums).c1 = accumulate(a.y, v, (*sums).c1);
  (*sums).c2 = accumulate(a.z, v, (*sums).c2);
  (*sums).c3 = accumulate(a.w, v, (*sums).c3);
  (*sums).d0 = accumulate(b.x, v, (*sums).d0);
  (*sums).d1 = accumulate(b.y, v, (*sums).d1);
  (*sums).d2 = accumulate(b.z, v, (*sums).d2);
  (*sums).d3 = accumulate(b.w, v, (*sums).d3);
}

fn put(at: u32, v: vec4<f32>) {
  var sum = v;
  if ((p.extras & 2u) != 0u) {
    sum += arena[at - p.y + p.residual];
  }
  arena[at] = sum;
}

// Writes a channel's four vectors, which are stride apart, as many as count.
// The sums of a part of the channels go to its place in the scratch memory,
// from where sum.wgsl takes them.
fn store(channel: u32, sample: u32, at: u32, stride: u32, count: u32, v: mat4x4<f32>) {
  if (channel >= p.outputs) {
    return;
  }
  if (p.part < p.channels) {
    let to = at + channel * p.height * p.width;
    arena[to] = v[0];
    if (count > 1u) { arena[to + stride] = v[1]; }
    if (count > 2u) { arena[to + 2u * stride] = v[2]; }
    if (count > 3u) { arena[to + 3u * stride] = v[3]; }
    return;
  }
  var b = vec4<f32>(bias[channel]);
  if ((p.extras & 1u) != 0u) {
    let i = p.channel + sample * p.channel_batch + channel;
    b += vec4<f32>(arena[i / 4u][i % 4u]);
  }
  let to = at + channel * p.height * p.width;
  put(to, v[0] + b);
  if (count > 1u) { put(to + stride, v[1] + b); }
  if (count > 2u) { put(to + 2u * stride, v[2] + b); }
  if (count > 3u) { put(to + 3u * stride, v[3] + b); }
}

fn store_all(sums: ptr<function, Sums>, channel: u32, sample: u32, at: u32, stride: u32, count: u32) {
  store(channel, sample, at, stride, count, (*sums).c0);
  store(channel + 1u, sample, at, stride, count, (*sums).c1);
  store(channel + 2u, sample, at, stride, count, (*sums).c2);
  store(channel + 3u, sample, at, stride, count, (*sums).c3);
  store(channel + 4u, sample, at, stride, count, (*sums).d0);
  store(channel + 5u, sample, at, stride, count, (*sums).d1);
  store(channel + 6u, sample, at, stride, count, (*sums).d2);
  store(channel + 7u, sample, at, stride, count, (*sums).d3);
}

// What an invocation computes: neighbours share their channels, so that they
// read one weight at a time.
struct Place {
  tile: u32,
  sample: u32,
  block: u32,
  first: u32, // channel of the input
  last: u32,  // one past it
  y: u32,     // offset of the output of the sample
}

fn place(index: u32) -> Place {
  let blocks = (p.outputs + CHANNELS - 1u) / CHANNELS;
  let rest = index / p.tiles;
  let sample = rest % p.samples;
  let block = rest / p.samples % blocks;
  let part = rest / p.samples / blocks;
  let plane = p.height * p.width * p.outputs;
  var y = p.y;
  if (p.part < p.channels) {
    y = p.scratch + part * p.samples * plane;
  }
  return Place(index % p.tiles, sample, block, part * p.part, min((part + 1u) * p.part, p.channels), y + sample * plane);
}

// A row of the input, four positions and the two beside them.
struct Row {
  left: vec4<f32>, // moved by one position
  middle: vec4<f32>,
  right: vec4<f32>,
}

fn row(plane: u32, y: i32, x: u32) -> Row {
  if (y < 0 || y >= i32(p.height)) {
    return Row(vec4<f32>(), vec4<f32>(), vec4<f32>());
  }
  let at = plane + u32(y) * p.width + x;
  let m = arena[at];
  var before = 0.0;
  if (x > 0u) {
    before = arena[at - 1u].w;
  }
  var after = 0.0;
  if (x + 1u < p.width) {
    after = arena[at + 1u].x;
  }
  return Row(vec4<f32>(before, m.xyz), m, vec4<f32>(m.yzw, after));
}

@compute @workgroup_size(LANES)
fn conv3(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let index = (group.y * grid.x + group.x) * LANES + local.x;
  if (index >= p.count) {
    return;
  }
  let here = place(index);
  let x = here.tile % p.width;
  let y = here.tile / p.width * 4u;
  let area = p.height * p.width;
  var plane = p.x + (here.sample * p.channels + here.first) * area;
  var sums: Sums;
  let step = p.channels * 2u; // from tap to tap
  var w = here.block * 9u * step + here.first * 2u;
  for (var c = here.first; c < here.last; c++) {
    //for i 6
    let r$i = row(plane, i32(y) + $i - 1, x);
    //end
    //for i 9
    let a$i = weight[w + $iu * step];
    let b$i = weight[w + $iu * step + 1u];
    //end
    let v0 = mat4x4<f32>(r0.left, r1.left, r2.left, r3.left);
    let v1 = mat4x4<f32>(r0.middle, r1.middle, r2.middle, r3.middle);
    let v2 = mat4x4<f32>(r0.right, r1.right, r2.right, r3.right);
    let v3 = mat4x4<f32>(r1.left, r2.left, r3.left, r4.left);
    let v4 = mat4x4<f32>(r1.middle, r2.middle, r3.middle, r4.middle);
    let v5 = mat4x4<f32>(r1.right, r2.right, r3.right, r4.right);
    let v6 = mat4x4<f32>(r2.left, r3.left, r4.left, r5.left);
    let v7 = mat4x4<f32>(r2.middle, r3.middle, r4.middle, r5.middle);
    let v8 = mat4x4<f32>(r2.right, r3.right, r4.right, r5.right);
    // A channel's sums take all nine taps before the next channel's: more than
    // one channel's do not fit into the registers of a processor.
    //for c 4
    //for i 9
    sums.c$c = accumulate(a$i[$c], v$i, sums.c$c);
    //end
    //end
    //for c 4
    //for i 9
    sums.d$c = accumulate(b$i[$c], v$i, sums.d$c);
    //end
    //end
    w += 2u;
    plane += area;
  }
  store_all(&sums, here.block * CHANNELS, here.sample, here.y + y * p.width + x, p.width, p.height - y);
}

@compute @workgroup_size(LANES)
fn conv1(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let index = (group.y * grid.x + group.x) * LANES + local.x;
  if (index >= p.count) {
    return;
  }
  let here = place(index);
  let area = p.height * p.width;
  let first = here.tile * 4u;
  let last = area - 1u;
  var plane = p.x + (here.sample * p.channels + here.first) * area;
  var sums: Sums;
  var w = (here.block * p.channels + here.first) * 2u;
  for (var c = here.first; c < here.last; c++) {
    // Beyond the plane, the last vector is read, and not stored.
    tap(&sums, w, mat4x4<f32>(arena[plane + first], arena[plane + min(first + 1u, last)], arena[plane + min(first + 2u, last)], arena[plane + min(first + 3u, last)]));
    w += 2u;
    plane += area;
  }
  store_all(&sums, here.block * CHANNELS, here.sample, here.y + first, 1u, area - first);
}
