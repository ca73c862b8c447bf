// Attention: an invocation computes one query of one head of one sample, TILE
// keys at a time, with the running maximum and sum of Milakov and Gimelshein
// (2018); what it has summed so far lies in its part of the output.
// AttentionWeights: the scores themselves. The keys are those of a whole
// workgroup, so that all its invocations read one key at a time.

const LANES = 16u;
const TILE = 16u; // four vectors of keys

struct Params {
  q: u32,        // offset of the queries in the arena
  k: u32,
  v: u32,
  mask: u32,     // where masked is 1
  y: u32,        // offset of the output
  masked: u32,   // 0 or 1
  queries: u32,  // of a sample
  keys: u32,     // of a sample
  heads: u32,
  size: u32,     // of a head
  scale: f32,
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;

const NONE = -3.0e38; // the score of a key that is not attended to

// The values of one query for a tile of keys.
struct Tile {
  a: vec4<f32>,
  b: vec4<f32>,
  c: vec4<f32>,
  d: vec4<f32>,
}

fn load(at: u32) -> vec4<f32> {
  return vec4<f32>(arena[at], arena[at + 1u], arena[at + 2u], arena[at + 3u]);
}

// How many rows of keys key is after start; keys beyond the last read it.
fn row(key: u32) -> u32 {
  return min(key, p.keys - 1u) * p.heads * p.size;
}

// A key's score, or NONE where it is masked or beyond the last.
fn visible(score: f32, mask: u32, key: u32) -> f32 {
  var seen = key < p.keys;
  if (p.masked != 0u) {
    seen = seen && arena[mask + min(key, p.keys - 1u)] != 0.0;
  }
  return select(NONE, score * p.scale, seen);
}

fn scores(q: u32, k: u32, mask: u32, key: u32) -> Tile {
  var s: Tile;
  let r0 = k + row(key + 0u);
  let r1 = k + row(key + 1u);
  let r2 = k + row(key + 2u);
  let r3 = k + row(key + 3u);
  let r4 = k + row(key + 4u);
  let r5 = k + row(key + 5u);
  let r6 = k + row(key + 6u);
  let r7 = k + row(key + 7u);
  let r8 = k + row(key + 8u);
  let r9 = k + row(key + 9u);
  let r10 = k + row(key + 10u);
  let r11 = k + row(key + 11u);
  let r12 = k + row(key + 12u);
  let r13 = k + row(key + 13u);
  let r14 = k + row(key + 14u);
  let r15 = k + row(key + 15u);
  var c = 0u;
  for (; c + 4u <= p.size; c += 4u) {
    let values = load(q + c);
    s.a.x += dot(values, load(r0 + c));
    s.a.y += dot(values, load(r1 + c));
    s.a.z += dot(values, load(r2 + c));
    s.a.w += dot(values, load(r3 + c));
    s.b.x += dot(values, load(r4 + c));
    s.b.y += dot(values, load(r5 + c));
    s.b.z += dot(values, load(r6 + c));
    s.b.w += dot(values, load(r7 + c));
    s.c.x += dot(values, load(r8 + c));
    s.c.y += dot(values, load(r9 + c));
    s.c.z += dot(values, load(r10 + c));
    s.c.w += dot(values, load(r11 + c));
    s.d.x += dot(values, load(r12 + c));
    s.d.y += dot(values, load(r13 + c));
    s.d.z += dot(values, load(r14 + c));
    s.d.w += dot(values, load(r15 + c));
  }
  for (; c < p.size; c++) {
    let value = arena[q + c];
    s.a.x = fma(value, arena[r0 + c], s.a.x);
    s.a.y = fma(value, arena[r1 + c], s.a.y);
    s.a.z = fma(value, arena[r2 + c], s.a.z);
    s.a.w = fma(value, arena[r3 + c], s.a.w);
    s.b.x = fma(value, arena[r4 + c], s.b.x);
    s.b.y = fma(value, arena[r5 + c], s.b.y);
    s.b.z = fma(value, arena[r6 + c], s.b.z);
    s.b.w = fma(value, arena[r7 + c], s.b.w);
    s.c.x = fma(value, arena[r8 + c], s.c.x);
    s.c.y = fma(value, arena[r9 + c], s.c.y);
    s.c.z = fma(value, arena[r10 + c], s.c.z);
    s.c.w = fma(value, arena[r11 + c], s.c.w);
    s.d.x = fma(value, arena[r12 + c], s.d.x);
    s.d.y = fma(value, arena[r13 + c], s.d.y);
    s.d.z = fma(value, arena[r14 + c], s.d.z);
    s.d.w = fma(value, arena[r15 + c], s.d.w);
  }
  s.a.x = visible(s.a.x, mask, key + 0u);
  s.a.y = visible(s.a.y, mask, key + 1u);
  s.a.z = visible(s.a.z, mask, key + 2u);
  s.a.w = visible(s.a.w, mask, key + 3u);
  s.b.x = visible(s.b.x, mask, key + 4u);
  s.b.y = visible(s.b.y, mask, key + 5u);
  s.b.z = visible(s.b.z, mask, key + 6u);
  s.b.w = visible(s.b.w, mask, key + 7u);
  s.c.x = visible(s.c.x, mask, key + 8u);
  s.c.y = visible(s.c.y, mask, key + 9u);
  s.c.z = visible(s.c.z, mask, key + 10u);
  s.c.w = visible(s.c.w, mask, key + 11u);
  s.d.x = visible(s.d.x, mask, key + 12u);
  s.d.y = visible(s.d.y, mask, key + 13u);
  s.d.z = visible(s.d.z, mask, key + 14u);
  s.d.w = visible(s.d.w, mask, key + 15u);
  return s;
}

fn largest(s: Tile) -> f32 {
  let m = max(max(s.a, s.b), max(s.c, s.d));
  return max(max(m.x, m.y), max(m.z, m.w));
}

// e^(score − most); zero for keys that are not attended to.
fn weights(scores: Tile, most: f32) -> Tile {
  let none = vec4<f32>(NONE);
  var w: Tile;
  w.a = select(vec4<f32>(), exp(scores.a - most), scores.a > none);
  w.b = select(vec4<f32>(), exp(scores.b - most), scores.b > none);
  w.c = select(vec4<f32>(), exp(scores.c - most), scores.c > none);
  w.d = select(vec4<f32>(), exp(scores.d - most), scores.d > none);
  return w;
}

fn sum(w: Tile) -> f32 {
  let one = vec4<f32>(1.0);
  return dot(w.a, one) + dot(w.b, one) + dot(w.c, one) + dot(w.d, one);
}

fn store(at: u32, value: f32, inside: bool) {
  if (inside) {
    arena[at] = value;
  }
}

@compute @workgroup_size(LANES)
fn attend(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let query = group.x * LANES + local.x;
  if (query >= p.queries) {
    return;
  }
  let width = p.heads * p.size;
  let here = (group.z * p.queries + query) * width + group.y * p.size;
  let there = group.z * p.keys * width + group.y * p.size;
  let mask = p.mask + group.z * p.keys;
  var most = NONE;
  var total = 0.0;
  for (var key = 0u; key < p.keys; key += TILE) {
    let s = scores(p.q + here, p.k + there, mask, key);
    let before = most;
    most = max(most, largest(s));
    let w = weights(s, most);
    let shrink = select(0.0, exp(before - most), before > NONE);
    total = total * shrink + sum(w);
    let v = p.v + there;
    let r0 = v + row(key + 0u);
    let r1 = v + row(key + 1u);
    let r2 = v + row(key + 2u);
    let r3 = v + row(key + 3u);
    let r4 = v + row(key + 4u);
    let r5 = v + row(key + 5u);
    let r6 = v + row(key + 6u);
    let r7 = v + row(key + 7u);
    let r8 = v + row(key + 8u);
    let r9 = v + row(key + 9u);
    let r10 = v + row(key + 10u);
    let r11 = v + row(key + 11u);
    let r12 = v + row(key + 12u);
    let r13 = v + row(key + 13u);
    let r14 = v + row(key + 14u);
    let r15 = v + row(key + 15u);
    for (var c = 0u; c < p.size; c += 4u) {
      let at = p.y + here + c;
      var out = vec4<f32>();
      if (key > 0u) {
        out = load(at) * shrink;
      }
      out = fma(vec4<f32>(w.a.x), load(r0 + c), out);
      out = fma(vec4<f32>(w.a.y), load(r1 + c), out);
      out = fma(vec4<f32>(w.a.z), load(r2 + c), out);
      out = fma(vec4<f32>(w.a.w), load(r3 + c), out);
      out = fma(vec4<f32>(w.b.x), load(r4 + c), out);
      out = fma(vec4<f32>(w.b.y), load(r5 + c), out);
      out = fma(vec4<f32>(w.b.z), load(r6 + c), out);
      out = fma(vec4<f32>(w.b.w), load(r7 + c), out);
      out = fma(vec4<f32>(w.c.x), load(r8 + c), out);
      out = fma(vec4<f32>(w.c.y), load(r9 + c), out);
      out = fma(vec4<f32>(w.c.z), load(r10 + c), out);
      out = fma(vec4<f32>(w.c.w), load(r11 + c), out);
      out = fma(vec4<f32>(w.d.x), load(r12 + c), out);
      out = fma(vec4<f32>(w.d.y), load(r13 + c), out);
      out = fma(vec4<f32>(w.d.z), load(r14 + c), out);
      out = fma(vec4<f32>(w.d.w), load(r15 + c), out);
      if (key + TILE >= p.keys) {
        out /= total;
      }
      arena[at] = out.x;
      store(at + 1u, out.y, c + 1u < p.size);
      store(at + 2u, out.z, c + 2u < p.size);
      store(at + 3u, out.w, c + 3u < p.size);
    }
  }
}

@compute @workgroup_size(LANES)
fn weigh(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let query = group.x * LANES + local.x;
  if (query >= p.queries) {
    return;
  }
  let width = p.heads * p.size;
  let q = p.q + (group.z * p.queries + query) * width + group.y * p.size;
  let k = p.k + group.z * p.keys * width + group.y * p.size;
  let mask = p.mask + group.z * p.keys;
  let y = p.y + ((group.z * p.heads + group.y) * p.queries + query) * p.keys;
  var most = NONE;
  for (var key = 0u; key < p.keys; key += TILE) {
    most = max(most, largest(scores(q, k, mask, key)));
  }
  var total = 0.0;
  for (var key = 0u; key < p.keys; key += TILE) {
    let w = weights(scores(q, k, mask, key), most);
    total += sum(w);
    store(y + key + 0u, w.a.x, key + 0u < p.keys);
    store(y + key + 1u, w.a.y, key + 1u < p.keys);
    store(y + key + 2u, w.a.z, key + 2u < p.keys);
    store(y + key + 3u, w.a.w, key + 3u < p.keys);
    store(y + key + 4u, w.b.x, key + 4u < p.keys);
    store(y + key + 5u, w.b.y, key + 5u < p.keys);
    store(y + key + 6u, w.b.z, key + 6u < p.keys);
    store(y + key + 7u, w.b.w, key + 7u < p.keys);
    store(y + key + 8u, w.c.x, key + 8u < p.keys);
    store(y + key + 9u, w.c.y, key + 9u < p.keys);
    store(y + key + 10u, w.c.z, key + 10u < p.keys);
    store(y + key + 11u, w.c.w, key + 11u < p.keys);
    store(y + key + 12u, w.d.x, key + 12u < p.keys);
    store(y + key + 13u, w.d.y, key + 13u < p.keys);
    store(y + key + 14u, w.d.z, key + 14u < p.keys);
    store(y + key + 15u, w.d.w, key + 15u < p.keys);
  }
  for (var key = 0u; key < p.keys; key++) {
    arena[y + key] /= total;
  }
}
