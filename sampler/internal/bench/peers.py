"""Another framework running the same networks, for `roentgo bench --peer`.

    python peers.py --framework onnxruntime|torch --config JSON --threads 2 --tokens 256 --scratch FOLDER

It prints {"name": …} on a line when it is ready. Then it reads one question per line and answers each with a line of JSON:

    unet 2      seconds of a step of two latents, the median of three      {"seconds": 0.154}
    decode      seconds of a latent to an image
    image 50    seconds of an image of 50 DDIM steps with guidance: 50 steps of two latents, what the sampler computes
                in between, and the decoder; the text encoder, which roentgo's image has, is left out
    memory      the most memory of a process that makes that image, in bytes: the kernel's VmHWM of a new process
                that has the framework, the networks and nothing else

and {} to what it does not know. The networks are those of internal/modeltest/testdata/chestxray_ldm.py with
random weights; onnxruntime's are exported from them by torch, in a process of its own, at opset 17. OpenMP's threads
sleep when idle (OMP_WAIT_POLICY), as they would slow whoever has the next turn.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
import numpy as np

SPECIFICATION = pathlib.Path(__file__).parents[1] / "model/modeltest/testdata"
STEPS, GUIDANCE = 50, 5.0
BATCHES = 1, 2, 8  # of the U-Net
TURNS = 3  # how often a network runs when asked, as roentgo's do


def networks(a):
    """The U-Net and the decoder in PyTorch."""
    import torch

    sys.path.insert(0, str(SPECIFICATION))
    import chestxray_ldm as spec

    torch.manual_seed(0)
    cfg = spec.configuration(json.loads(a.config))
    return cfg, spec.UNet(cfg).eval(), spec.Decoder(cfg).eval()


def unet_inputs(a, batch, channels, features):
    r = np.random.default_rng(0)
    return [r.standard_normal((batch, channels, a.latent, a.latent), np.float32), np.full(batch, 500, np.float32),
            r.standard_normal((batch, a.tokens, features), np.float32)]


class Torch:
    def __init__(self, a):
        import torch

        torch.set_num_threads(a.threads)
        self.torch, self.name = torch, "torch " + torch.__version__.split("+")[0]
        cfg, self.u, self.d = networks(a)
        self.channels, self.features = cfg.latent_channels, cfg.text_features

    def unet(self, *inputs):
        with self.torch.inference_mode():
            return self.u(*map(self.torch.from_numpy, inputs)).numpy()

    def decode(self, latent):
        with self.torch.inference_mode():
            return self.d(self.torch.from_numpy(latent)).numpy()


class OnnxRuntime:
    def __init__(self, a):
        import onnxruntime as ort

        self.name = "onnxruntime " + ort.__version__
        folder = pathlib.Path(a.exported or tempfile.mkdtemp(dir=a.scratch, prefix="roentgo-peer-"))
        if not a.exported:
            a.exported = str(folder)
            subprocess.run([sys.executable, __file__, *arguments(a), "--export"], check=True, stdout=subprocess.DEVNULL)
        shape = json.loads((folder / "shape.json").read_text())
        self.channels, self.features = shape["channels"], shape["features"]
        self.ort, self.folder, self.options, self.sessions = ort, folder, ort.SessionOptions(), {}
        self.options.intra_op_num_threads = a.threads

    def run(self, name, *inputs):
        if name not in self.sessions:
            self.sessions[name] = self.ort.InferenceSession(str(self.folder / f"{name}.onnx"), self.options, providers=["CPUExecutionProvider"])
        return self.sessions[name].run(None, {f"x{i}": x for i, x in enumerate(inputs)})[0]

    def unet(self, *inputs):
        return self.run(f"unet-{len(inputs[0])}", *inputs)

    def decode(self, latent):
        return self.run("decoder", latent)


def export(a):
    """Writes the networks for onnxruntime, the U-Net once per batch: shapes that are known make it faster."""
    import torch

    folder = pathlib.Path(a.exported)
    cfg, unet, decoder = networks(a)
    (folder / "shape.json").write_text(json.dumps({"channels": cfg.latent_channels, "features": cfg.text_features}))
    cases = [(f"unet-{b}", unet, unet_inputs(a, b, cfg.latent_channels, cfg.text_features)) for b in BATCHES]
    cases.append(("decoder", decoder, cases[0][2][:1]))
    exported = OnnxRuntime(a)
    for name, network, inputs in cases:
        x = tuple(map(torch.from_numpy, inputs))
        torch.onnx.export(network, x, folder / f"{name}.onnx", input_names=[f"x{i}" for i in range(len(x))], opset_version=17, dynamo=False)
        with torch.inference_mode():
            apart = np.abs(exported.run(name, *inputs) - network(*x).numpy()).max()
        if not apart < 1e-3:
            sys.exit(f"{name} differs by {apart} from the network it was exported from")


def arguments(a):
    return ["--framework", a.framework, "--config", a.config, "--threads", str(a.threads), "--tokens", str(a.tokens),
            "--exported", a.exported or ""]


def image(f, a, steps):
    """DDIM (Song et al. 2021, eta 0) of velocity prediction at zero terminal SNR, trailing spacing, with guidance."""
    alphas = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))
    root = np.sqrt(alphas)
    alphas = ((root - root[-1]) * root[0] / (root[0] - root[-1])) ** 2
    x, _, context = unet_inputs(a, 2, f.channels, f.features)
    x = x[:1]
    times = [round(1000 - i * 1000 / steps) - 1 for i in range(steps)]
    for i, t in enumerate(times):
        now, then = alphas[t], alphas[times[i + 1]] if i + 1 < steps else 1.0
        text, null = np.split(f.unet(np.concatenate([x, x]), np.full(2, t, np.float32), context), 2)
        v = null + GUIDANCE * (text - null)
        x0 = math.sqrt(now) * x - math.sqrt(1 - now) * v
        eps = math.sqrt(1 - now) * x + math.sqrt(now) * v
        x = (math.sqrt(then) * x0 + math.sqrt(1 - then) * eps).astype(np.float32)
    return f.decode(x)


def peak():
    """VmHWM of this process, in bytes."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024


def answer(f, a, question):
    word, *rest = question.split()
    if word == "unet" and int(rest[0]) in BATCHES:
        inputs = unet_inputs(a, int(rest[0]), f.channels, f.features)
        work = lambda: f.unet(*inputs)
    elif word == "decode":
        latent = unet_inputs(a, 1, f.channels, f.features)[0]
        work = lambda: f.decode(latent)
    elif word == "image":
        work = lambda: image(f, a, int(rest[0]))
    elif word == "memory":
        out = subprocess.run([sys.executable, __file__, *arguments(a), "--peak"], check=True, stdout=subprocess.PIPE).stdout
        return {"bytes": int(out)}
    else:
        return {}
    if question not in warm:
        warm.add(question)
        if word != "image":
            work()
    return {"seconds": statistics.median(seconds(work) for _ in range(1 if word == "image" else TURNS))}


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


warm = set()  # the questions that were asked before


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--framework", required=True, choices=["torch", "onnxruntime"])
    p.add_argument("--config", required=True, help="the fields of the networks, as a model file has them")
    p.add_argument("--threads", type=int, required=True)
    p.add_argument("--tokens", type=int, required=True)
    p.add_argument("--scratch", help="folder for the exported networks")
    p.add_argument("--exported", help="folder that has them")
    p.add_argument("--export", action="store_true", help="write them there, and end")
    p.add_argument("--peak", action="store_true", help="make one image, say how many bytes that took, and end")
    a = p.parse_args()
    a.latent = json.loads(a.config)["image_size"] // 8  # rows of a latent
    if a.export:
        return export(a)
    f = Torch(a) if a.framework == "torch" else OnnxRuntime(a)
    if a.peak:
        image(f, a, STEPS)
        return print(peak())
    print(json.dumps({"name": f.name}), flush=True)
    for question in sys.stdin:
        print(json.dumps(answer(f, a, question.strip())), flush=True)


if __name__ == "__main__":
    main()
