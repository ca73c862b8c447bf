"""Records trajectories of diffusers' schedulers: pip install diffusers==0.31.0 torch; python record.py > trajectories.json

The network is a formula, so that the other side can compute it too: tanh(0.7 x + t/1000 - 0.3).
"""
import json

import numpy as np
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, UniPCMultistepScheduler


def network(x, t):
    return torch.tanh(0.7 * x + float(t) / 1000 - 0.3)


def record(scheduler, steps, eta, dtype=torch.float64, **about):
    scheduler.set_timesteps(steps)
    noise = np.random.default_rng(1).standard_normal((steps + 1, 6)).astype(np.float32)
    x = torch.from_numpy(noise[:1]).to(dtype)
    latents = []
    for i, t in enumerate(scheduler.timesteps):
        extra = {"eta": eta, "variance_noise": torch.from_numpy(noise[i + 1 : i + 2]).to(dtype)} if eta else {}
        x = scheduler.step(network(x, t), t, x, **extra).prev_sample
        latents.append(x[0].tolist())
    return dict(about, steps=steps, eta=eta, timesteps=[int(t) for t in scheduler.timesteps], noise=noise.tolist(), latents=latents)


common = dict(num_train_timesteps=1000, beta_start=1e-4, beta_end=0.02, beta_schedule="linear")
cases = []
for zero in (False, True):
    prediction = "v_prediction" if zero else "epsilon"
    for spacing in ("trailing",) if zero else ("leading", "trailing"):
        for eta in (0.0, 0.6):
            s = DDIMScheduler(**common, clip_sample=False, set_alpha_to_one=True, steps_offset=0, timestep_spacing=spacing,
                              prediction_type=prediction, rescale_betas_zero_snr=zero)
            cases.append(record(s, 10, eta, sampler="ddim", spacing=spacing, zero=zero))
    for steps in (8, 20):
        s = DPMSolverMultistepScheduler(**common, algorithm_type="dpmsolver++", solver_order=2, prediction_type=prediction,
                                        timestep_spacing="trailing", rescale_betas_zero_snr=zero, final_sigmas_type="zero")
        cases.append(record(s, steps, 0.0, sampler="dpm++2m", spacing="trailing", zero=zero))
        s = UniPCMultistepScheduler(**common, solver_type="bh2", solver_order=2, prediction_type=prediction,
                                    timestep_spacing="trailing", rescale_betas_zero_snr=zero, final_sigmas_type="zero")
        cases.append(record(s, steps, 0.0, torch.float32, sampler="unipc", spacing="trailing", zero=zero))
print(json.dumps(cases))
