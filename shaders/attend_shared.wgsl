// Attention, where a head is $SIZE vectors of four: an invocation computes one
// query of one head of one sample, with the running maxima and sums of Milakov
// and Gimelshein (2018). KEYS keys and their values at a time are brought to
// workgroup memory, for all queries of the workgroup.

const LANES = 64u;
const KEYS = 16u;
const VECTORS = KEYS * $SIZEu;

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
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> p: Params;

var<workgroup> keys: array<vec4<f32>, VECTORS>;
var<workgroup> values: array<vec4<f32>, VECTORS>;

// The score of a key that is not attended to. Before one that is, it counts as
// if it were, until the first that is shrinks what was summed to nothing.
const NONE = -3.0e38;

fn visible(score: f32, mask: u32, key: u32) -> f32 {
  var seen = key < p.keys;
  if (p.masked != 0u) {
    let at = mask + min(key, p.keys - 1u);
    seen = seen && arena[at / 4u][at % 4u] != 0.0;
  }
  return select(NONE, score, seen);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let lane = local.x;
  let query = group.x * LANES + lane;
  let width = p.heads * $SIZEu;
  let here = (group.z * p.queries + min(query, p.queries - 1u)) * width + group.y * $SIZEu;
  let there = group.z * p.keys * width + group.y * $SIZEu;
  let mask = p.mask + group.z * p.keys;
  //for c SIZE
  let q$c = arena[p.q + here + $cu] * p.scale;
  var o$c = vec4<f32>();
  //end
  var most = NONE;
  var total = 0.0;
  for (var first = 0u; first < p.keys; first += KEYS) {
    workgroupBarrier();
    for (var i = lane; i < VECTORS; i += LANES) {
      // Keys beyond the last are the last, and not seen.
      let at = there + min(first + i / $SIZEu, p.keys - 1u) * width + i % $SIZEu;
      keys[i] = arena[p.k + at];
      values[i] = arena[p.v + at];
    }
    workgroupBarrier();
    for (var i = 0u; i < KEYS; i += 4u) {
      //for k 4
      // Said to be zero, as naga 0.19 does not clear a variable of a loop again.
      var s$k = 0.0;
      //for c SIZE
      s$k += dot(q$c, keys[(i + $ku) * $SIZEu + $cu]);
      //end
      s$k = visible(s$k, mask, first + i + $ku);
      //end
      let before = most;
      most = max(most, max(max(s0, s1), max(s2, s3)));
      let shrink = exp2(before - most);
      //for k 4
      let w$k = exp2(s$k - most);
      //end
      total = total * shrink + ((w0 + w1) + (w2 + w3));
      //for c SIZE
      o$c *= shrink;
      //for k 4
      o$c = fma(vec4<f32>(w$k), values[(i + $ku) * $SIZEu + $cu], o$c);
      //end
      //end
    }
  }
  if (query < p.queries) {
    //for c SIZE
    arena[p.y + here + $cu] = o$c / total;
    //end
  }
}
