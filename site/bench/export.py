"""Writes the U-Net of a preset as ONNX, batch 2, for the peer of the benchmarks.

    python export.py FOLDER-OF-chestxray_ldm.py PRESET FILE.onnx
"""
import inspect
import sys

import torch

folder, preset, path = sys.argv[1:]
sys.path.insert(0, folder)
import chestxray_ldm as ldm



def unflatten(x, dim, sizes):
    """Tensor.unflatten, which older exporters lack."""
    dim %= x.dim()
    return x.reshape(*x.shape[:dim], *sizes, *x.shape[dim + 1:])


torch.Tensor.unflatten = unflatten
torch.manual_seed(0)
cfg = {"paper": ldm.PAPER, "mini": ldm.MINI}[preset]
latent = torch.randn(2, cfg.latent_channels, 32, 32)
inputs = (latent, torch.full((2,), 500.0), torch.randn(2, cfg.tokens, cfg.text_features))
# Newer versions of PyTorch have a second exporter, which is not wanted; older ones have one alone.
which = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
torch.onnx.export(ldm.UNet(cfg).eval(), inputs, path, input_names=["latent", "timestep", "context"], output_names=["out"], opset_version=17, **which)
