// Attention, where a head is whole vectors of four: an invocation computes
// four queries of one head of one sample, KEYS keys at a time, with the
// running maxima and sums of Milakov and Gimelshein (2018). What it has summed
// so far lies in its part of the output.

const QUERIES = 4u; // must be 4: a vector of queries
const KEYS = 8u;    // must be 8
const LANES = 16u;

struct Params {
  q: u32,        // offset of the queries in the arena, in vectors
  k: u32,
  v: u32,
  mask: u32,     // where masked is 1, in values
  y: u32,        // offset of the output, in vectors
  masked: u32,   // 0 or 1
  queries: u32,  // of a sample
  keys: u32,     // of a sample
  heads: u32,
  size: u32,     // of a head, in vectors
  scale: f32,
  tiles: u32,    // of four queries in a sample
  count: u32,    // invocations
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> p: Params;

const NONE = -3.0e38; // the score of a key that is not attended to

// A vector of four queries for each of KEYS keys.
struct Tile {
  k0: vec4<f32>,
  k1: vec4<f32>,
  k2: vec4<f32>,
  k3: vec4<f32>,
  k4: vec4<f32>,
  k5: vec4<f32>,
  k6: vec4<f32>,
  k7: vec4<f32>,
}

// The products of four queries with one key, four values of each.
fn products(q: mat4x4<f32>, k: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(dot(q[0], k), dot(q[1], k), dot(q[2], k), dot(q[3], k));
}

// Scores of one key, or NONE where it is masked or beyond the last.
fn visible(scores: vec4<f32>, mask: u32, key: u32) -> vec4<f32> {
  var seen = key < p.keys;
  if (p.masked != 0u) {
    let at = mask + min(key, p.keys - 1u);
    seen = seen && arena[at / 4u][at % 4u] != 0.0;
  }
  return select(vec4<f32>(NONE), scores * p.scale, seen);
}

// e^(score − most); zero for keys that are not attended to.
fn weights(scores: vec4<f32>, most: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(), exp(scores - most), scores > vec4<f32>(NONE));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let index = (group.y * grid.x + group.x) * LANES + local.x;
  if (index >= p.count) {
    return;
  }
  let first = index % p.tiles * QUERIES;
  let head = index / p.tiles % p.heads;
  let sample = index / p.tiles / p.heads;
  let width = p.heads * p.size;
  // Queries beyond the last are the last, written again with the same values.
  let query = min(vec4<u32>(first) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(p.queries - 1u));
  let here = (vec4<u32>(sample * p.queries) + query) * width + vec4<u32>(head * p.size);
  let there = sample * p.keys * width + head * p.size;
  let q = vec4<u32>(p.q) + here;
  let y = vec4<u32>(p.y) + here;
  let mask = p.mask + sample * p.keys;
  let last = p.keys - 1u;
  var most = vec4<f32>(NONE);
  var total = vec4<f32>();
  for (var key = 0u; key < p.keys; key += KEYS) {
    // Keys beyond the last read it.
    let r0 = there + min(key, last) * width;
    let r1 = there + min(key + 1u, last) * width;
    let r2 = there + min(key + 2u, last) * width;
    let r3 = there + min(key + 3u, last) * width;
    let r4 = there + min(key + 4u, last) * width;
    let r5 = there + min(key + 5u, last) * width;
    let r6 = there + min(key + 6u, last) * width;
    let r7 = there + min(key + 7u, last) * width;
    var s = Tile(); // said, as naga 0.19 does not clear a variable in a loop again
    for (var c = 0u; c < p.size; c++) {
      let four = mat4x4<f32>(arena[q.x + c], arena[q.y + c], arena[q.z + c], arena[q.w + c]);
      let k = p.k + c;
      s.k0 += products(four, arena[k + r0]);
      s.k1 += products(four, arena[k + r1]);
      s.k2 += products(four, arena[k + r2]);
      s.k3 += products(four, arena[k + r3]);
      s.k4 += products(four, arena[k + r4]);
      s.k5 += products(four, arena[k + r5]);
      s.k6 += products(four, arena[k + r6]);
      s.k7 += products(four, arena[k + r7]);
    }
    s.k0 = visible(s.k0, mask, key);
    s.k1 = visible(s.k1, mask, key + 1u);
    s.k2 = visible(s.k2, mask, key + 2u);
    s.k3 = visible(s.k3, mask, key + 3u);
    s.k4 = visible(s.k4, mask, key + 4u);
    s.k5 = visible(s.k5, mask, key + 5u);
    s.k6 = visible(s.k6, mask, key + 6u);
    s.k7 = visible(s.k7, mask, key + 7u);
    let before = most;
    most = max(max(max(s.k0, s.k1), max(s.k2, s.k3)), max(max(s.k4, s.k5), max(s.k6, s.k7)));
    most = max(most, before);
    s.k0 = weights(s.k0, most);
    s.k1 = weights(s.k1, most);
    s.k2 = weights(s.k2, most);
    s.k3 = weights(s.k3, most);
    s.k4 = weights(s.k4, most);
    s.k5 = weights(s.k5, most);
    s.k6 = weights(s.k6, most);
    s.k7 = weights(s.k7, most);
    let shrink = weights(before, most);
    total = total * shrink + ((s.k0 + s.k1) + (s.k2 + s.k3)) + ((s.k4 + s.k5) + (s.k6 + s.k7));
    for (var c = 0u; c < p.size; c++) {
      var o0 = vec4<f32>(); var o1 = vec4<f32>(); var o2 = vec4<f32>(); var o3 = vec4<f32>();
      if (key > 0u) {
        o0 = arena[y.x + c] * shrink.x;
        o1 = arena[y.y + c] * shrink.y;
        o2 = arena[y.z + c] * shrink.z;
        o3 = arena[y.w + c] * shrink.w;
      }
      let value = p.v + c;
      var v = arena[value + r0];
      o0 = fma(vec4<f32>(s.k0.x), v, o0); o1 = fma(vec4<f32>(s.k0.y), v, o1); o2 = fma(vec4<f32>(s.k0.z), v, o2); o3 = fma(vec4<f32>(s.k0.w), v, o3);
      v = arena[value + r1];
      o0 = fma(vec4<f32>(s.k1.x), v, o0); o1 = fma(vec4<f32>(s.k1.y), v, o1); o2 = fma(vec4<f32>(s.k1.z), v, o2); o3 = fma(vec4<f32>(s.k1.w), v, o3);
      v = arena[value + r2];
      o0 = fma(vec4<f32>(s.k2.x), v, o0); o1 = fma(vec4<f32>(s.k2.y), v, o1); o2 = fma(vec4<f32>(s.k2.z), v, o2); o3 = fma(vec4<f32>(s.k2.w), v, o3);
      v = arena[value + r3];
      o0 = fma(vec4<f32>(s.k3.x), v, o0); o1 = fma(vec4<f32>(s.k3.y), v, o1); o2 = fma(vec4<f32>(s.k3.z), v, o2); o3 = fma(vec4<f32>(s.k3.w), v, o3);
      v = arena[value + r4];
      o0 = fma(vec4<f32>(s.k4.x), v, o0); o1 = fma(vec4<f32>(s.k4.y), v, o1); o2 = fma(vec4<f32>(s.k4.z), v, o2); o3 = fma(vec4<f32>(s.k4.w), v, o3);
      v = arena[value + r5];
      o0 = fma(vec4<f32>(s.k5.x), v, o0); o1 = fma(vec4<f32>(s.k5.y), v, o1); o2 = fma(vec4<f32>(s.k5.z), v, o2); o3 = fma(vec4<f32>(s.k5.w), v, o3);
      v = arena[value + r6];
      o0 = fma(vec4<f32>(s.k6.x), v, o0); o1 = fma(vec4<f32>(s.k6.y), v, o1); o2 = fma(vec4<f32>(s.k6.z), v, o2); o3 = fma(vec4<f32>(s.k6.w), v, o3);
      v = arena[value + r7];
      o0 = fma(vec4<f32>(s.k7.x), v, o0); o1 = fma(vec4<f32>(s.k7.y), v, o1); o2 = fma(vec4<f32>(s.k7.z), v, o2); o3 = fma(vec4<f32>(s.k7.w), v, o3);
      if (key + KEYS >= p.keys) {
        o0 /= total.x;
        o1 /= total.y;
        o2 /= total.z;
        o3 /= total.w;
      }
      arena[y.x + c] = o0;
      arena[y.y + c] = o1;
      arena[y.z + c] = o2;
      arena[y.w + c] = o3;
    }
  }
}
