"""Writes the U-Net of a preset as ONNX, batch 2, for the peer of the benchmarks.

    python export.py FOLDER-OF-chestxray_ldm.py PRESET FILE.onnx
"""
import sys

import torch

folder, preset, path = sys.argv[1:]
sys.path.insert(0, folder)
import chestxray_ldm as ldm

torch.manual_seed(0)
cfg = {"paper": ldm.PAPER, "mini": ldm.MINI}[preset]
latent = torch.randn(2, cfg.latent_channels, 32, 32)
inputs = (latent, torch.full((2,), 500.0), torch.randn(2, cfg.tokens, cfg.text_features))
torch.onnx.export(ldm.UNet(cfg).eval(), inputs, path, input_names=["latent", "timestep", "context"], output_names=["out"], opset_version=17, dynamo=False)
