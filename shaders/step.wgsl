// A sampler's step: a workgroup guides the prediction for one image (Ho and
// Salimans 2022; rescaled as in Lin et al. 2023, equations 15 and 16), makes of
// it and of the sampler's vectors the next vectors, each by its row of factors,
// and writes the latent, which is the first, to the network's input.

const LANES = 64u;

struct Params {
  on_vectors: mat4x4<f32>,  // column v: the factors of the vectors in the next vector v
  on_prediction: vec4<f32>, // by v
  on_noise: vec4<f32>,      // by v
  prediction: u32, // offset of the network's output in the arena
  latent: u32,     // offset of its input
  size: u32,       // values of an image
  images: u32,
  conditions: u32, // 1, or 2: the null condition's images follow the others
  vectors: u32,    // of the sampler, 1 to 4; after them lies the noise
  guidance: f32,
  rescale: f32,
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;

var<workgroup> scratch: array<vec4<f32>, LANES>;

fn total(lane: u32, value: vec4<f32>) -> vec4<f32> {
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

// The prediction with guidance, before it is rescaled.
fn guided(at: u32) -> f32 {
  let text = arena[p.prediction + at];
  if (p.conditions < 2u) {
    return text;
  }
  let null_condition = arena[p.prediction + p.images * p.size + at];
  return null_condition + p.guidance * (text - null_condition);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let lane = local.x;
  let start = group.x * p.size;
  var factor = 1.0;
  if (p.conditions > 1u && p.rescale != 0.0) {
    // Sums and sums of squares of the prediction for the text, and with
    // guidance.
    var sums = vec4<f32>();
    for (var i = lane; i < p.size; i += LANES) {
      let text = arena[p.prediction + start + i];
      let g = guided(start + i);
      sums += vec4<f32>(text, text * text, g, g * g);
    }
    let mean = total(lane, sums) / f32(p.size);
    let variance = mean.yw - mean.xz * mean.xz;
    if (variance.y > 0.0) {
      factor = p.rescale * sqrt(max(variance.x, 0.0) / variance.y) + 1.0 - p.rescale;
    }
  }
  let whole = p.images * p.size;
  for (var i = lane; i < p.size; i += LANES) {
    let at = start + i;
    let prediction = guided(at) * factor;
    var old = vec4<f32>();
    for (var v = 0u; v < p.vectors; v++) {
      old[v] = state[v * whole + at];
    }
    let noise = state[p.vectors * whole + at];
    for (var v = 0u; v < p.vectors; v++) {
      let next = dot(p.on_vectors[v], old) + p.on_prediction[v] * prediction + p.on_noise[v] * noise;
      state[v * whole + at] = next;
      if (v == 0u) {
        arena[p.latent + at] = next;
        if (p.conditions > 1u) {
          arena[p.latent + whole + at] = next;
        }
      }
    }
  }
}
