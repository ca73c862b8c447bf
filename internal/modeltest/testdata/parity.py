"""Runs the specification's modules on a model file and on inputs.

    python parity.py MODEL.safetensors.zst INPUTS.safetensors OUTPUTS.safetensors

The file is read by the written rule alone (zstd frames, safetensors, group-wise int8 and int4), so that it
checks the reader and the networks of the other side at once. INPUTS may hold latent, timestep, context, mask,
image, z, ids, hidden; for each network whose inputs are there the output is written.
"""
import json
import math
import struct
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import zstandard
from safetensors.numpy import load as load_safetensors, save_file

import chestxray_ldm as spec


def read_model(path):
    with open(path, "rb") as f:
        data = zstandard.ZstdDecompressor().stream_reader(f, read_across_frames=True).read()
    header = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])
    metadata = header.pop("__metadata__")
    raw = load_safetensors(data)
    quantized = json.loads(metadata.get("roentgo.quantized", "{}"))
    tensors = {}
    for name, value in raw.items():
        if name.endswith(".scale") and name[:-6] in raw:
            continue
        if name in quantized:
            value = dequantize(value, raw[name + ".scale"], quantized[name])
        elif value.dtype == np.uint8:
            continue
        tensors[name] = torch.from_numpy(value.astype(np.float32))
    return json.loads(metadata["roentgo.config"]), tensors


def dequantize(q, scale, how):
    """[out, rest], groups of g values along rest, one scale a group; int4 has element 2j in the low half."""
    shape = how.get("shape", list(q.shape))
    out = shape[0]
    rest = int(np.prod(shape[1:]))
    if how["kind"] == "int4":
        q = q.reshape(out, -1)
        q = np.stack([q & 15, q >> 4], -1).reshape(out, -1)[:, :rest].astype(np.int16)
        q = np.where(q > 7, q - 16, q)
    q = q.reshape(out, rest).astype(np.float32)
    scales = np.repeat(scale.reshape(out, -1).astype(np.float32), how["group"], 1)[:, :rest]
    return (q * scales).reshape(shape)


class Bert(nn.Module):
    """BertModel without its pooler (Devlin et al. 2019), under its own tensor names."""

    def __init__(self, cfg):
        super().__init__()
        d, eps = cfg.text_features, cfg.text_norm_eps
        self.heads = cfg.text_heads
        self.embeddings = nn.ModuleDict({
            "word_embeddings": nn.Embedding(cfg.text_vocab, d), "position_embeddings": nn.Embedding(cfg.text_positions, d),
            "token_type_embeddings": nn.Embedding(2, d), "LayerNorm": nn.LayerNorm(d, eps)})

        def dense(i, o, norm=False):
            parts = {"dense": nn.Linear(i, o)}
            if norm:
                parts["LayerNorm"] = nn.LayerNorm(o, eps)
            return nn.ModuleDict(parts)

        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(nn.ModuleDict({
            "attention": nn.ModuleDict({
                "self": nn.ModuleDict({n: nn.Linear(d, d) for n in ("query", "key", "value")}), "output": dense(d, d, True)}),
            "intermediate": dense(d, cfg.text_intermediate), "output": dense(cfg.text_intermediate, d, True)})
            for _ in range(cfg.text_layers))})

    def forward(self, ids):
        e = self.embeddings
        n = ids.shape[1]
        h = e["word_embeddings"](ids) + e["position_embeddings"](torch.arange(n))[None] + e["token_type_embeddings"](torch.zeros_like(ids))
        h = e["LayerNorm"](h)
        for layer in self.encoder["layer"]:
            a = layer["attention"]
            split = lambda y: y.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            q, k, v = (split(a["self"][name](h)) for name in ("query", "key", "value"))
            y = ((q @ k.transpose(-1, -2)) / math.sqrt(q.shape[-1])).softmax(-1) @ v
            h = a["output"]["LayerNorm"](a["output"]["dense"](y.transpose(1, 2).flatten(2)) + h)
            y = layer["output"]["dense"](F.gelu(layer["intermediate"]["dense"](h)))
            h = layer["output"]["LayerNorm"](y + h)
        return h


def load(module, tensors, prefix):
    state = {name[len(prefix):]: t for name, t in tensors.items() if name.startswith(prefix)}
    module.load_state_dict(state)
    return module.eval()


def main(model, inputs, outputs):
    config, tensors = read_model(model)
    cfg = spec.configuration(config["model"])
    x = {k: torch.from_numpy(v) for k, v in load_safetensors(open(inputs, "rb").read()).items()}
    out = {}
    with torch.no_grad():
        if "latent" in x:
            mask = x["mask"].bool()[:, None, None, :]
            out["unet"] = load(spec.UNet(cfg), tensors, "unet.")(x["latent"], x["timestep"], x["context"], mask)
        if "image" in x:
            out["encoder"] = torch.cat(load(spec.Encoder(cfg), tensors, "vae.encoder.")(x["image"]), 1)
        if "z" in x:
            out["decoder"] = load(spec.Decoder(cfg), tensors, "vae.decoder.")(x["z"])
        if "ids" in x:
            hidden = load(Bert(cfg), tensors, "text.")(x["ids"].long())
            adapter = load(spec.TextAdapter(cfg), tensors, "adapter.")
            out["text"], out["null"] = adapter(hidden), adapter.null
    save_file({k: v.detach().contiguous().numpy() for k, v in out.items()}, outputs)


main(*sys.argv[1:])
