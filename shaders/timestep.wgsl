// TimestepEmbedding: a value of the output an invocation.

const LANES = 64u;

struct Params {
  t: u32,     // offset of the timesteps in the arena
  y: u32,     // offset of the output
  half: u32,  // half of the features
  count: u32, // values of the output
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> frequency: array<f32>; // half: 10000^(−i/half)

const TURN = 6.2831853;
// A turn less what f32 keeps of it.
const TURN_REST = 1.7484556e-7;

// The cosine to 1e-7. Built-in ones promise no better than 2^-11.
fn cosine(x: f32) -> f32 {
  let turns = round(x / TURN);
  let r = abs(fma(-turns, TURN, x) + turns * TURN_REST); // in [0, π]
  let folded = min(r, 3.14159265 - r); // cos(π − r) = −cos r
  let s = folded * folded;
  // Taylor to x^12 around 0; the remainder at π/2 is 6e-9.
  let c = 1.0 + s * (-0.5 + s * (4.1666668e-2 + s * (-1.3888889e-3 + s * (2.4801587e-5 + s * (-2.7557319e-7 + s * 2.0876757e-9)))));
  return select(c, -c, r > 1.5707963);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let n = (group.y * grid.x + group.x) * LANES + local.x;
  if (n >= p.count) {
    return;
  }
  let feature = n % (2u * p.half);
  let angle = arena[p.t + n / (2u * p.half)] * frequency[feature % p.half];
  var value = angle;
  if (feature >= p.half) {
    value = angle - 1.5707963; // the sine
  }
  arena[p.y + n] = cosine(value);
}
