// SiLU and GELU, a value an invocation.

const LANES = 64u;

struct Params {
  x: u32,     // offset of the input in the arena
  y: u32,     // offset of the output
  count: u32, // values
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> p: Params;

@compute @workgroup_size(LANES)
fn silu(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * LANES + local.x;
  if (i >= p.count) {
    return;
  }
  let x = arena[p.x + i];
  // e^87 is near the end of f32; beyond it the result is zero in any case.
  arena[p.y + i] = x / (1.0 + exp(min(-x, 87.0)));
}

// The error function for x ≥ 0 to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
fn erf(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * x);
  let series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return 1.0 - series * exp(-min(x * x, 87.0));
}

@compute @workgroup_size(LANES)
fn gelu(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * LANES + local.x;
  if (i >= p.count) {
    return;
  }
  let x = arena[p.x + i];
  let e = erf(abs(x) * 0.70710678);
  arena[p.y + i] = 0.5 * x * (1.0 + select(e, -e, x < 0.0));
}
