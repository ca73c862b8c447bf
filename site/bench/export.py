"""Writes a network of a preset as ONNX, for the peer of the benchmarks.

    python export.py FOLDER-OF-chestxray_ldm.py PRESET PART FILE.onnx

PART is step, the U-Net at batch 2; unet, at any batch; or decoder, at batch 1.
"""
import sys

import torch

folder, preset, part, path = sys.argv[1:]
sys.path.insert(0, folder)
import chestxray_ldm as ldm

torch.manual_seed(0)
cfg = {"paper": ldm.PAPER, "mini": ldm.MINI}[preset]
latent = torch.randn(2, cfg.latent_channels, 32, 32)
if part == "decoder":
    network, inputs, names = ldm.Decoder(cfg), (latent[:1],), ["latent"]
else:
    network, names = ldm.UNet(cfg), ["latent", "timestep", "context"]
    inputs = (latent, torch.full((2,), 500.0), torch.randn(2, cfg.tokens, cfg.text_features))
batch = {name: {0: "batch"} for name in [*names, "out"]} if part == "unet" else None
torch.onnx.export(network.eval(), inputs, path, input_names=names, output_names=["out"], dynamic_axes=batch, opset_version=17, dynamo=False)
