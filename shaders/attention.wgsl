// Attention: a workgroup computes one query of one head of one sample, TILE
// keys at a time, with the running maximum and sum of Milakov and Gimelshein
// (2018), so that the scores need no memory outside. AttentionWeights: the
// scores themselves.

const LANES = 64u;
const TILE = 256u;
const OUTPUTS = 16u; // values of a head an invocation holds: heads of up to 1024

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
  count: u32,    // workgroups that have work
  scale: f32,
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;

const NONE = -3.0e38; // the score of a key that is not attended to

var<workgroup> scratch: array<f32, LANES>;
var<workgroup> weights: array<f32, TILE>;

fn largest(lane: u32, value: f32) -> f32 {
  workgroupBarrier();
  scratch[lane] = value;
  workgroupBarrier();
  for (var n = LANES / 2u; n > 0u; n /= 2u) {
    if (lane < n) {
      scratch[lane] = max(scratch[lane], scratch[lane + n]);
    }
    workgroupBarrier();
  }
  return scratch[0];
}

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

struct Place {
  q: u32,      // of the query's values in the arena
  k: u32,      // of the first key's
  v: u32,
  mask: u32,   // of the first key's mask
  index: u32,  // of the workgroup
}

fn place(group: vec3<u32>, grid: vec3<u32>) -> Place {
  let index = min(group.y * grid.x + group.x, p.count - 1u);
  let query = index % p.queries;
  let head = index / p.queries % p.heads;
  let sample = index / p.queries / p.heads;
  let row = p.heads * p.size;
  let keys = sample * p.keys * row + head * p.size;
  return Place(p.q + (sample * p.queries + query) * row + head * p.size, p.k + keys, p.v + keys, p.mask + sample * p.keys, index);
}

fn score(at: Place, key: u32) -> f32 {
  if (p.masked != 0u) {
    if (arena[at.mask + key] == 0.0) {
      return NONE;
    }
  }
  let k = at.k + key * p.heads * p.size;
  var sum = 0.0;
  for (var c = 0u; c < p.size; c++) {
    sum = fma(arena[at.q + c], arena[k + c], sum);
  }
  return sum * p.scale;
}

@compute @workgroup_size(LANES)
fn attend(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let at = place(group, grid);
  let lane = local.x;
  let row = p.heads * p.size;
  var most = NONE;
  var sum = 0.0;
  var out: array<f32, OUTPUTS>;
  for (var first = 0u; first < p.keys; first += TILE) {
    let n = min(TILE, p.keys - first);
    var here = NONE;
    for (var i = lane; i < n; i += LANES) {
      let s = score(at, first + i);
      weights[i] = s;
      here = max(here, s);
    }
    let before = most;
    most = max(most, largest(lane, here));
    var part = 0.0;
    for (var i = lane; i < n; i += LANES) {
      var w = 0.0;
      if (weights[i] > NONE) {
        w = exp(weights[i] - most);
      }
      weights[i] = w;
      part += w;
    }
    var shrink = 0.0;
    if (before > NONE) {
      shrink = exp(before - most);
    }
    sum = sum * shrink + total(lane, part); // its barrier also ends the writing of weights
    var o = 0u;
    for (var c = lane; c < p.size; c += LANES) {
      var acc = out[o] * shrink;
      var v = at.v + first * row + c;
      for (var i = 0u; i < n; i++) {
        acc = fma(weights[i], arena[v], acc);
        v += row;
      }
      out[o] = acc;
      o++;
    }
    workgroupBarrier();
  }
  let query = at.q - p.q;
  var o = 0u;
  for (var c = lane; c < p.size; c += LANES) {
    arena[p.y + query + c] = out[o] / sum;
    o++;
  }
}

@compute @workgroup_size(LANES)
fn weigh(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let at = place(group, grid);
  let lane = local.x;
  let y = p.y + at.index * p.keys;
  var here = NONE;
  for (var i = lane; i < p.keys; i += LANES) { // an invocation reads again what it wrote itself
    let s = score(at, i);
    arena[y + i] = s;
    here = max(here, s);
  }
  let most = largest(lane, here);
  var part = 0.0;
  for (var i = lane; i < p.keys; i += LANES) {
    var w = 0.0;
    if (arena[y + i] > NONE) {
      w = exp(arena[y + i] - most);
    }
    arena[y + i] = w;
    part += w;
  }
  let sum = total(lane, part);
  for (var i = lane; i < p.keys; i += LANES) {
    arena[y + i] /= sum;
  }
}
