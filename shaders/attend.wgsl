// Attention, where a head is whole vectors of four: an invocation computes
// eight queries of one head of one sample, KEYS keys at a time, with the
// running maxima and sums of Milakov and Gimelshein (2018). What it has summed
// so far lies in its part of the output: each vector that is read of the keys
// and values serves eight queries.

const QUERIES = 8u; // must be 8: two matrices
const KEYS = 16u;   // must be 16
const LANES = 32u;

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
  tiles: u32,    // of QUERIES queries in a sample
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
  k8: vec4<f32>,
  k9: vec4<f32>,
  k10: vec4<f32>,
  k11: vec4<f32>,
  k12: vec4<f32>,
  k13: vec4<f32>,
  k14: vec4<f32>,
  k15: vec4<f32>,
}

// Vectors of four queries.
fn load(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(arena[at.x], arena[at.y], arena[at.z], arena[at.w]);
}

fn store(at: vec4<u32>, v: mat4x4<f32>) {
  arena[at.x] = v[0];
  arena[at.y] = v[1];
  arena[at.z] = v[2];
  arena[at.w] = v[3];
}

fn scaled(v: mat4x4<f32>, s: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(v[0] * s.x, v[1] * s.y, v[2] * s.z, v[3] * s.w);
}

// The products of four queries with one key, four values of each.
fn products(q: mat4x4<f32>, k: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(dot(q[0], k), dot(q[1], k), dot(q[2], k), dot(q[3], k));
}

// Adds one key's values to the outputs of four queries, by their weights.
fn add(o: mat4x4<f32>, w: vec4<f32>, v: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(fma(vec4<f32>(w.x), v, o[0]), fma(vec4<f32>(w.y), v, o[1]), fma(vec4<f32>(w.z), v, o[2]), fma(vec4<f32>(w.w), v, o[3]));
}

// The scores of one key, or NONE where it is masked or beyond the last.
fn visible(scores: vec4<f32>, mask: u32, key: u32) -> vec4<f32> {
  var seen = key < p.keys;
  if (p.masked != 0u) {
    let at = mask + min(key, p.keys - 1u);
    seen = seen && arena[at / 4u][at % 4u] != 0.0;
  }
  return select(vec4<f32>(NONE), scores * p.scale, seen);
}

fn all_visible(s: Tile, mask: u32, key: u32) -> Tile {
  return Tile(
    visible(s.k0, mask, key + 0u),
    visible(s.k1, mask, key + 1u),
    visible(s.k2, mask, key + 2u),
    visible(s.k3, mask, key + 3u),
    visible(s.k4, mask, key + 4u),
    visible(s.k5, mask, key + 5u),
    visible(s.k6, mask, key + 6u),
    visible(s.k7, mask, key + 7u),
    visible(s.k8, mask, key + 8u),
    visible(s.k9, mask, key + 9u),
    visible(s.k10, mask, key + 10u),
    visible(s.k11, mask, key + 11u),
    visible(s.k12, mask, key + 12u),
    visible(s.k13, mask, key + 13u),
    visible(s.k14, mask, key + 14u),
    visible(s.k15, mask, key + 15u),
  );
}

fn largest(s: Tile) -> vec4<f32> {
  return max(
    max(max(max(s.k0, s.k1), max(s.k2, s.k3)), max(max(s.k4, s.k5), max(s.k6, s.k7))),
    max(max(max(s.k8, s.k9), max(s.k10, s.k11)), max(max(s.k12, s.k13), max(s.k14, s.k15))),
  );
}

// e^(score − most); zero for keys that are not attended to.
fn weight(scores: vec4<f32>, most: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(), exp(scores - most), scores > vec4<f32>(NONE));
}

fn weights(s: Tile, most: vec4<f32>) -> Tile {
  return Tile(
    weight(s.k0, most),
    weight(s.k1, most),
    weight(s.k2, most),
    weight(s.k3, most),
    weight(s.k4, most),
    weight(s.k5, most),
    weight(s.k6, most),
    weight(s.k7, most),
    weight(s.k8, most),
    weight(s.k9, most),
    weight(s.k10, most),
    weight(s.k11, most),
    weight(s.k12, most),
    weight(s.k13, most),
    weight(s.k14, most),
    weight(s.k15, most),
  );
}

fn sum(s: Tile) -> vec4<f32> {
  return ((s.k0 + s.k1) + (s.k2 + s.k3)) + ((s.k4 + s.k5) + (s.k6 + s.k7))
    + ((s.k8 + s.k9) + (s.k10 + s.k11)) + ((s.k12 + s.k13) + (s.k14 + s.k15));
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
  let low = min(vec4<u32>(first) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(p.queries - 1u));
  let high = min(vec4<u32>(first) + vec4<u32>(4u, 5u, 6u, 7u), vec4<u32>(p.queries - 1u));
  let here0 = (vec4<u32>(sample * p.queries) + low) * width + vec4<u32>(head * p.size);
  let here1 = (vec4<u32>(sample * p.queries) + high) * width + vec4<u32>(head * p.size);
  let there = sample * p.keys * width + head * p.size;
  let mask = p.mask + sample * p.keys;
  let last = p.keys - 1u;
  var most0 = vec4<f32>(NONE);
  var most1 = vec4<f32>(NONE);
  var total0 = vec4<f32>();
  var total1 = vec4<f32>();
  for (var key = 0u; key < p.keys; key += KEYS) {
    // Keys beyond the last read it.
    let r0 = there + min(key + 0u, last) * width;
    let r1 = there + min(key + 1u, last) * width;
    let r2 = there + min(key + 2u, last) * width;
    let r3 = there + min(key + 3u, last) * width;
    let r4 = there + min(key + 4u, last) * width;
    let r5 = there + min(key + 5u, last) * width;
    let r6 = there + min(key + 6u, last) * width;
    let r7 = there + min(key + 7u, last) * width;
    let r8 = there + min(key + 8u, last) * width;
    let r9 = there + min(key + 9u, last) * width;
    let r10 = there + min(key + 10u, last) * width;
    let r11 = there + min(key + 11u, last) * width;
    let r12 = there + min(key + 12u, last) * width;
    let r13 = there + min(key + 13u, last) * width;
    let r14 = there + min(key + 14u, last) * width;
    let r15 = there + min(key + 15u, last) * width;
    // Said to be zero, as naga 0.19 does not clear a variable of a loop again.
    var s0 = Tile();
    var s1 = Tile();
    for (var c = 0u; c < p.size; c++) {
      let q0 = load(here0 + vec4<u32>(p.q + c));
      let q1 = load(here1 + vec4<u32>(p.q + c));
      let at = p.k + c;
      let k0 = arena[at + r0];
      s0.k0 += products(q0, k0);
      s1.k0 += products(q1, k0);
      let k1 = arena[at + r1];
      s0.k1 += products(q0, k1);
      s1.k1 += products(q1, k1);
      let k2 = arena[at + r2];
      s0.k2 += products(q0, k2);
      s1.k2 += products(q1, k2);
      let k3 = arena[at + r3];
      s0.k3 += products(q0, k3);
      s1.k3 += products(q1, k3);
      let k4 = arena[at + r4];
      s0.k4 += products(q0, k4);
      s1.k4 += products(q1, k4);
      let k5 = arena[at + r5];
      s0.k5 += products(q0, k5);
      s1.k5 += products(q1, k5);
      let k6 = arena[at + r6];
      s0.k6 += products(q0, k6);
      s1.k6 += products(q1, k6);
      let k7 = arena[at + r7];
      s0.k7 += products(q0, k7);
      s1.k7 += products(q1, k7);
      let k8 = arena[at + r8];
      s0.k8 += products(q0, k8);
      s1.k8 += products(q1, k8);
      let k9 = arena[at + r9];
      s0.k9 += products(q0, k9);
      s1.k9 += products(q1, k9);
      let k10 = arena[at + r10];
      s0.k10 += products(q0, k10);
      s1.k10 += products(q1, k10);
      let k11 = arena[at + r11];
      s0.k11 += products(q0, k11);
      s1.k11 += products(q1, k11);
      let k12 = arena[at + r12];
      s0.k12 += products(q0, k12);
      s1.k12 += products(q1, k12);
      let k13 = arena[at + r13];
      s0.k13 += products(q0, k13);
      s1.k13 += products(q1, k13);
      let k14 = arena[at + r14];
      s0.k14 += products(q0, k14);
      s1.k14 += products(q1, k14);
      let k15 = arena[at + r15];
      s0.k15 += products(q0, k15);
      s1.k15 += products(q1, k15);
    }
    s0 = all_visible(s0, mask, key);
    s1 = all_visible(s1, mask, key);
    let before0 = most0;
    let before1 = most1;
    most0 = max(most0, largest(s0));
    most1 = max(most1, largest(s1));
    s0 = weights(s0, most0);
    s1 = weights(s1, most1);
    let shrink0 = weight(before0, most0);
    let shrink1 = weight(before1, most1);
    total0 = total0 * shrink0 + sum(s0);
    total1 = total1 * shrink1 + sum(s1);
    for (var c = 0u; c < p.size; c++) {
      let y0 = here0 + vec4<u32>(p.y + c);
      let y1 = here1 + vec4<u32>(p.y + c);
      var o0 = mat4x4<f32>();
      var o1 = mat4x4<f32>();
      if (key > 0u) {
        o0 = scaled(load(y0), shrink0);
        o1 = scaled(load(y1), shrink1);
      }
      let at = p.v + c;
      let v0 = arena[at + r0];
      o0 = add(o0, s0.k0, v0);
      o1 = add(o1, s1.k0, v0);
      let v1 = arena[at + r1];
      o0 = add(o0, s0.k1, v1);
      o1 = add(o1, s1.k1, v1);
      let v2 = arena[at + r2];
      o0 = add(o0, s0.k2, v2);
      o1 = add(o1, s1.k2, v2);
      let v3 = arena[at + r3];
      o0 = add(o0, s0.k3, v3);
      o1 = add(o1, s1.k3, v3);
      let v4 = arena[at + r4];
      o0 = add(o0, s0.k4, v4);
      o1 = add(o1, s1.k4, v4);
      let v5 = arena[at + r5];
      o0 = add(o0, s0.k5, v5);
      o1 = add(o1, s1.k5, v5);
      let v6 = arena[at + r6];
      o0 = add(o0, s0.k6, v6);
      o1 = add(o1, s1.k6, v6);
      let v7 = arena[at + r7];
      o0 = add(o0, s0.k7, v7);
      o1 = add(o1, s1.k7, v7);
      let v8 = arena[at + r8];
      o0 = add(o0, s0.k8, v8);
      o1 = add(o1, s1.k8, v8);
      let v9 = arena[at + r9];
      o0 = add(o0, s0.k9, v9);
      o1 = add(o1, s1.k9, v9);
      let v10 = arena[at + r10];
      o0 = add(o0, s0.k10, v10);
      o1 = add(o1, s1.k10, v10);
      let v11 = arena[at + r11];
      o0 = add(o0, s0.k11, v11);
      o1 = add(o1, s1.k11, v11);
      let v12 = arena[at + r12];
      o0 = add(o0, s0.k12, v12);
      o1 = add(o1, s1.k12, v12);
      let v13 = arena[at + r13];
      o0 = add(o0, s0.k13, v13);
      o1 = add(o1, s1.k13, v13);
      let v14 = arena[at + r14];
      o0 = add(o0, s0.k14, v14);
      o1 = add(o1, s1.k14, v14);
      let v15 = arena[at + r15];
      o0 = add(o0, s0.k15, v15);
      o1 = add(o1, s1.k15, v15);
      if (key + KEYS >= p.keys) {
        o0 = scaled(o0, vec4<f32>(1.0) / total0);
        o1 = scaled(o1, vec4<f32>(1.0) / total1);
      }
      store(y0, o0);
      store(y1, o1);
    }
  }
}
