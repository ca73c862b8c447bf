// Attention, where a head is whole vectors of four: an invocation computes eight
// queries of one head of one sample, some keys at a time, with the running
// maxima and sums of Milakov and Gimelshein (2018). A vector holds one value of
// four queries, so that no product needs a sum across a vector.
//
// Where a head is $SIZE vectors and these are few (short), queries and what is
// summed so far stay in registers. Else (long) what is summed lies in the output.

const QUERIES = 8u; // must be 8: two vectors
const KEYS = 2u;    // of short; must be 2
const LONG_KEYS = 16u; // of long; must be 16
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
  scale: f32,    // of the scores, which are logarithms of base 2
  tiles: u32,    // of QUERIES queries in a sample
  count: u32,    // invocations
  size: u32,     // of a head, in vectors; of long
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> p: Params;

// The score of a key that is not attended to. Before one that is, it counts as
// if it were, until the first that is shrinks what was summed to nothing.
const NONE = -3.0e38;

// Four values of four queries, one column per value.
fn load(at: vec4<u32>) -> mat4x4<f32> {
  return transpose(mat4x4<f32>(arena[at.x], arena[at.y], arena[at.z], arena[at.w]));
}

fn store(at: vec4<u32>, v: mat4x4<f32>) {
  let t = transpose(v);
  arena[at.x] = t[0];
  arena[at.y] = t[1];
  arena[at.z] = t[2];
  arena[at.w] = t[3];
}

fn scaled(v: mat4x4<f32>, s: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(v[0] * s, v[1] * s, v[2] * s, v[3] * s);
}

// Adds the products of four values of four queries with those of one key.
fn products(q: mat4x4<f32>, k: vec4<f32>, s: vec4<f32>) -> vec4<f32> {
  return fma(q[3], vec4<f32>(k.w), fma(q[2], vec4<f32>(k.z), fma(q[1], vec4<f32>(k.y), fma(q[0], vec4<f32>(k.x), s))));
}

// Adds one key's values to the outputs of four queries, by their weights.
fn add(o: mat4x4<f32>, w: vec4<f32>, v: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(fma(w, vec4<f32>(v.x), o[0]), fma(w, vec4<f32>(v.y), o[1]), fma(w, vec4<f32>(v.z), o[2]), fma(w, vec4<f32>(v.w), o[3]));
}

// The scores of one key, or NONE where it is masked or beyond the last.
fn visible(scores: vec4<f32>, mask: u32, key: u32) -> vec4<f32> {
  var seen = key < p.keys;
  if (p.masked != 0u) {
    let at = mask + min(key, p.keys - 1u);
    seen = seen && arena[at / 4u][at % 4u] != 0.0;
  }
  return select(vec4<f32>(NONE), scores, seen);
}

@compute @workgroup_size(LANES)
fn short(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let index = (group.y * grid.x + group.x) * LANES + local.x;
  if (index >= p.count) {
    return;
  }
  let first = index % p.tiles * QUERIES;
  let head = index / p.tiles % p.heads;
  let sample = index / p.tiles / p.heads;
  let width = p.heads * $SIZEu;
  let there = sample * p.keys * width + head * $SIZEu;
  let mask = p.mask + sample * p.keys;
  let last = p.keys - 1u;
  //for g 2
  // Queries beyond the last are the last, written again with the same values.
  let query$g = min(vec4<u32>(first + $gu * 4u) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(p.queries - 1u));
  let here$g = (vec4<u32>(sample * p.queries) + query$g) * width + vec4<u32>(head * $SIZEu);
  var most$g = vec4<f32>(NONE);
  var total$g = vec4<f32>();
  //for c SIZE
  let q$g_$c = scaled(load(here$g + vec4<u32>(p.q + $cu)), vec4<f32>(p.scale));
  var o$g_$c = mat4x4<f32>();
  //end
  //end
  for (var key = 0u; key < p.keys; key += KEYS) {
    //for k 2
    // Keys beyond the last read it.
    let r$k = there + min(key + $ku, last) * width;
    // Said to be zero, as naga 0.19 does not clear a variable of a loop again.
    var s0_$k = vec4<f32>();
    var s1_$k = vec4<f32>();
    //for c SIZE
    let k$k_$c = arena[p.k + r$k + $cu];
    s0_$k = products(q0_$c, k$k_$c, s0_$k);
    s1_$k = products(q1_$c, k$k_$c, s1_$k);
    //end
    //end
    if (p.masked != 0u || key + KEYS > p.keys) {
      //for k 2
      s0_$k = visible(s0_$k, mask, key + $ku);
      s1_$k = visible(s1_$k, mask, key + $ku);
      //end
    }
    //for g 2
    let before$g = most$g;
    most$g = max(most$g, max(s$g_0, s$g_1));
    let shrink$g = exp2(before$g - most$g);
    let w$g_0 = exp2(s$g_0 - most$g);
    let w$g_1 = exp2(s$g_1 - most$g);
    total$g = total$g * shrink$g + (w$g_0 + w$g_1);
    //for c SIZE
    o$g_$c = scaled(o$g_$c, shrink$g);
    //end
    //end
    //for k 2
    //for c SIZE
    let v$k_$c = arena[p.v + r$k + $cu];
    o0_$c = add(o0_$c, w0_$k, v$k_$c);
    o1_$c = add(o1_$c, w1_$k, v$k_$c);
    //end
    //end
  }
  //for g 2
  let inverse$g = vec4<f32>(1.0) / total$g;
  //for c SIZE
  store(here$g + vec4<u32>(p.y + $cu), scaled(o$g_$c, inverse$g));
  //end
  //end
}

@compute @workgroup_size(LANES)
fn long(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let index = (group.y * grid.x + group.x) * LANES + local.x;
  if (index >= p.count) {
    return;
  }
  let first = index % p.tiles * QUERIES;
  let head = index / p.tiles % p.heads;
  let sample = index / p.tiles / p.heads;
  let width = p.heads * p.size;
  let there = sample * p.keys * width + head * p.size;
  let mask = p.mask + sample * p.keys;
  let last = p.keys - 1u;
  //for g 2
  // Queries beyond the last are the last, written again with the same values.
  let query$g = min(vec4<u32>(first + $gu * 4u) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(p.queries - 1u));
  let here$g = (vec4<u32>(sample * p.queries) + query$g) * width + vec4<u32>(head * p.size);
  var most$g = vec4<f32>(NONE);
  var total$g = vec4<f32>();
  //end
  for (var key = 0u; key < p.keys; key += LONG_KEYS) {
    //for k 16
    // Keys beyond the last read it.
    let r$k = there + min(key + $ku, last) * width;
    // Said to be zero, as naga 0.19 does not clear a variable of a loop again.
    var s0_$k = vec4<f32>();
    var s1_$k = vec4<f32>();
    //end
    for (var c = 0u; c < p.size; c++) {
      let q0 = load(here0 + vec4<u32>(p.q + c));
      let q1 = load(here1 + vec4<u32>(p.q + c));
      //for k 16
      let k$k = arena[p.k + r$k + c];
      s0_$k = products(q0, k$k, s0_$k);
      s1_$k = products(q1, k$k, s1_$k);
      //end
    }
    //for g 2
    let before$g = most$g;
    //for k 16
    s$g_$k = visible(s$g_$k * p.scale, mask, key + $ku);
    most$g = max(most$g, s$g_$k);
    //end
    let shrink$g = exp2(before$g - most$g);
    total$g *= shrink$g;
    //for k 16
    let w$g_$k = exp2(s$g_$k - most$g);
    total$g += w$g_$k;
    //end
    // What is the last to be summed is divided by the total at once.
    var scale$g = vec4<f32>(1.0);
    if (key + LONG_KEYS >= p.keys) {
      scale$g /= total$g;
    }
    //end
    for (var c = 0u; c < p.size; c++) {
      //for g 2
      let y$g = here$g + vec4<u32>(p.y + c);
      var o$g = mat4x4<f32>();
      if (key > 0u) {
        o$g = scaled(load(y$g), shrink$g);
      }
      //end
      //for k 16
      let v$k = arena[p.v + r$k + c];
      o0 = add(o0, w0_$k, v$k);
      o1 = add(o1, w1_$k, v$k);
      //end
      store(y0, scaled(o0, scale0));
      store(y1, scaled(o1, scale1));
    }
  }
}
