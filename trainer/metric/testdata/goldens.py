"""Writes goldens.json: what the reference implementations make of the arrays that
goldens_test.go makes too.

    python3 -m venv --system-site-packages venv   # with torch, as of python3-torch
    venv/bin/pip install -r requirements.txt
    venv/bin/python goldens.py > goldens.json
"""

import contextlib
import json
import sys

import numpy
import prdc
import scipy.linalg
import scipy.ndimage
import skimage.measure
import skimage.metrics
import sklearn.metrics
import torch
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import KernelInceptionDistance


def uniform(seed, n):
    """The generator of Knuth's MMIX: n values in [0, 1)."""
    out = numpy.empty(n)
    for i in range(n):
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
        out[i] = (seed >> 40) / 2**24
    return out


def points(seed, n, d, shift=0.0, scale=1.0):
    """n points of d values, each a mixture of two others of its row."""
    u = uniform(seed, n * d).reshape(n, d) - 0.5
    return shift + scale * (u + 0.5 * numpy.roll(u, 1, axis=1))


def picture(seed, side, phase, noise):
    r, c = numpy.mgrid[0:side, 0:side].astype(float)
    x = 0.5 * numpy.sin(r / 7 + phase) + 0.3 * numpy.cos(c / 5)
    return (x + noise * (uniform(seed, side * side).reshape(side, side) - 0.5)).astype(numpy.float32)


def ms_ssim(x, y):
    """Wang, Simoncelli and Bovik 2003 over windows that lie inside the image, as in
    the authors' code. torchmetrics counts mirrored windows at the coarsest scale."""
    blur = lambda z: scipy.ndimage.gaussian_filter(z, 1.5, truncate=3.5)[5:-5, 5:-5]
    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    product = 1.0
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        if scale:
            x, y = (skimage.measure.block_reduce(z, (2, 2), numpy.mean) for z in (x, y))
        mx, my = blur(x), blur(y)
        term = (2 * (blur(x * y) - mx * my) + c2) / (blur(x * x) - mx * mx + blur(y * y) - my * my + c2)
        if scale == 4:
            term = term * (2 * mx * my + c1) / (mx * mx + my * my + c1)
        product *= max(float(term.mean()), 0.0) ** weight
    return product


def pairs():
    side = 192
    out = []
    for phase, noise in ((0.0, 0.1), (0.2, 0.4), (2.0, 1.0)):
        a, b = picture(1, side, 0.0, 0.2), picture(2, side, phase, noise)
        out.append({
            "phase": phase, "noise": noise,
            "ssim": skimage.metrics.structural_similarity(a.astype(float), b.astype(float), data_range=2.0,
                                                          gaussian_weights=True, sigma=1.5, use_sample_covariance=False),
            "psnr": skimage.metrics.peak_signal_noise_ratio(a.astype(float), b.astype(float), data_range=2.0),
            "mse": skimage.metrics.mean_squared_error(a.astype(float), b.astype(float)),
            "ms_ssim": ms_ssim(a.astype(float), b.astype(float)),
        })
    return out


class Same(torch.nn.Module):
    """Features that are the image: torchmetrics measures points."""

    num_features = 0

    def forward(self, x):
        return x.flatten(1)


def frechet(a, b):
    """The formula of Heusel et al. 2017, as pytorch-fid and clean-fid compute it."""
    offset = numpy.eye(a.shape[1]) * 1e-12
    s, t = numpy.cov(a, rowvar=False), numpy.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm((s + offset) @ (t + offset))
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + numpy.trace(s) + numpy.trace(t) - 2 * numpy.trace(root.real))


def torchmetrics_of(metric, real, fake):
    metric.update(torch.from_numpy(real)[:, None, None, :], real=True)
    metric.update(torch.from_numpy(fake)[:, None, None, :], real=False)
    return metric.compute()


def sets():
    out = []
    for n, m, d, shift, scale in ((40, 60, 8, 0.0, 1.0), (40, 60, 8, 0.4, 1.3), (12, 30, 20, 0.2, 0.8), (90, 70, 16, 0.1, 0.6)):
        a, b = points(3, n, d, shift, scale), points(4, m, d)
        row = {"n": n, "m": m, "d": d, "shift": shift, "scale": scale, "frechet": frechet(a, b)}
        Same.num_features = d
        fid = FrechetInceptionDistance(feature=Same()).set_dtype(torch.float64)
        if min(n, m) > d:  # torchmetrics takes the root of eigenvalues, which rounding may make negative
            row["frechet_torchmetrics"] = float(torchmetrics_of(fid, b, a))
        size = min(n, m)  # one subset that is everything: no chance
        kid = KernelInceptionDistance(feature=Same(), subsets=1, subset_size=size)
        row["kid_equal"] = float(torchmetrics_of(kid, b[:size], a[:size])[0])
        kernel = lambda x, y: sklearn.metrics.pairwise.polynomial_kernel(x, y, degree=3, gamma=1 / d, coef0=1)
        aa, bb, ab = kernel(a, a), kernel(b, b), kernel(a, b)
        row["kid"] = float((aa.sum() - numpy.trace(aa)) / (n * (n - 1)) + (bb.sum() - numpy.trace(bb)) / (m * (m - 1)) - 2 * ab.mean())
        for k in (3, 5):
            row[f"prdc_{k}"] = {name: float(v) for name, v in prdc.compute_prdc(b, a, nearest_k=k).items()}
        score = InceptionScore(feature=Same(), splits=1)
        score.update(torch.from_numpy(4 * a)[:, None, None, :])
        row["inception_score"] = float(score.compute()[0])
        out.append(row)
    return out


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):  # prdc prints what it compares
        goldens = {"pairs": pairs(), "sets": sets()}
    print(json.dumps(goldens, indent=1))
