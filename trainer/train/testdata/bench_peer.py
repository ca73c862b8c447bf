"""A training step of the U-Net here and in PyTorch, interleaved: the same network, batch, precision and threads.

    pip install torch==2.11.0 numpy        (the version of libtorch that the trainer was built with)
    python bench_peer.py --trainer bin/roentgo-train [--preset mini] [--batch 16] [--rounds 7] [--precision bf16]

Each round runs the trainer's `bench train` in a process of its own, then PyTorch's step here: forward, mean squared
error, backward, clipping, fused AdamW, moving average of the weights. The first step of each is left out. Prints
JSON: samples a second, medians over the rounds, and their ratio.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "internal/modeltest/testdata"))
import chestxray_ldm as spec

a = argparse.ArgumentParser()
a.add_argument("--trainer", required=True)
a.add_argument("--preset", default="mini", choices=["paper", "mini"])
a.add_argument("--batch", type=int, default=16)
a.add_argument("--rounds", type=int, default=7)
a.add_argument("--steps", type=int, default=2)
a.add_argument("--precision", default="bf16", choices=["f32", "bf16"])
a.add_argument("--tokens", type=int, default=64)
a = a.parse_args()
torch.set_num_threads(os.cpu_count())
cfg = spec.PAPER if a.preset == "paper" else spec.MINI
net = spec.UNet(cfg)
average = [p.detach().clone() for p in net.parameters()]
adamw = torch.optim.AdamW(net.parameters(), lr=1e-4, fused=True)
x, target = torch.randn(a.batch, cfg.latent_channels, 32, 32), torch.randn(a.batch, cfg.latent_channels, 32, 32)
times, text = torch.arange(a.batch) * 31.0 % 1000, torch.randn(a.batch, a.tokens, cfg.text_features)


def step():
    with torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16"):
        y = net(x, times, text)
    torch.nn.functional.mse_loss(y.float(), target).backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    adamw.step()
    adamw.zero_grad(set_to_none=True)
    with torch.no_grad():
        torch._foreach_lerp_(average, list(net.parameters()), 0.001)


here, there = [], []
version = ""
step()
for _ in range(a.rounds):
    run = subprocess.run([a.trainer, "bench", "train", "--json", "--device", "cpu", "--preset", a.preset, "--batch", str(a.batch),
                          "--steps", str(a.steps), "--precision", a.precision, "--tokens", str(a.tokens)], check=True, capture_output=True)
    line = json.loads(run.stdout)
    version = line["libtorch"]
    here.append(statistics.median(line["all_ms"]))
    took = []
    for _ in range(a.steps + 1):
        start = time.perf_counter()
        step()
        took.append((time.perf_counter() - start) * 1e3)
    there.append(statistics.median(took[1:]))
rate = lambda ms: round(a.batch * 1e3 / statistics.median(ms), 2)
print(json.dumps({"preset": a.preset, "batch": a.batch, "precision": a.precision, "libtorch": version, "torch": torch.__version__,
                  "trainer_samples_s": rate(here), "torch_samples_s": rate(there), "ratio": round(rate(here) / rate(there), 3)}))
