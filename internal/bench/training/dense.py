"""Training steps of a HadamRNN with a dense recurrent matrix in PyTorch: the peer of hrnnc's trainer in internal/bench/training.

    dense.py FOLDER STEPS THREADS

FOLDER holds a start as .npy files: the latent values U, b, h.signs, V and c, and E where tokens name its rows; a batch x
[batch, steps, inputs] of integers, or [batch, steps] of tokens; labels. shape.json says what the arrays do not: the order of a block, leaks as 1/this, the unit of integers as 1/divisor.
Prints a JSON object: the fields of type run in own.go.
"""
import ctypes
import json
import math
import os
import sys
import time

import numpy
import torch
import torch.nn.functional as F

BITS = 4     # of E, U and V
RATE = 1e-3  # of every parameter


class Rounded(torch.autograd.Function):
    """Weights as integers of BITS bits times max|w| / 2^(BITS-1). Gradients pass straight through."""

    @staticmethod
    def forward(ctx, w):
        half = 2 ** (BITS - 1)
        alpha = float(w.abs().max())
        return torch.clamp(torch.round(w * (half / alpha)), -half, half - 1) * (alpha / half)

    @staticmethod
    def backward(ctx, grad):
        return grad


class Signs(torch.autograd.Function):
    """-1 where negative, otherwise 1. Gradients pass straight through."""

    @staticmethod
    def forward(ctx, w):
        return torch.where(w < 0, -1.0, 1.0)

    @staticmethod
    def backward(ctx, grad):
        return grad


def hadamard(n):
    """Sylvester's matrix."""
    h = torch.ones(1, 1)
    while len(h) < n:
        h = torch.cat([torch.cat([h, h], 1), torch.cat([h, -h], 1)])
    return h


def recurrence(units, shape):
    """What the signs of the rows multiply: H / sqrt(block) in the blocks of a diagonal, times what the leaks leave."""
    block = hadamard(shape["block"]) / math.sqrt(shape["block"])
    leaks = shape["leaks"] or [math.inf]
    count = units // shape["block"]
    return torch.block_diag(*[block * (1 - 1 / leaks[i % len(leaks)]) for i in range(count)])


def logits(p, base, x):
    """The outputs for a batch x: of the last state, or with a single output the mean over the steps.

    addmm is F.linear with the other sum as its bias: as fast, and autograd keeps less memory for it.
    """
    W = Signs.apply(p["h.signs"])[:, None] * base
    U, V = Rounded.apply(p["U"]), Rounded.apply(p["V"])
    if "E" in p:
        x = F.embedding(x, Rounded.apply(p["E"]))
    h, y = torch.zeros(x.shape[0], W.shape[0]), 0
    for t in range(x.shape[1]):
        h = torch.addmm(F.linear(x[:, t], U, p["b"]), h, W.t())
        if len(p["c"]) == 1:
            y = y + F.linear(torch.relu(h), V, p["c"])[:, 0]
    if len(p["c"]) == 1:
        return y / x.shape[1]
    return F.linear(torch.relu(h), V, p["c"])


def peak_kib():
    """The largest resident memory of this process so far."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def blas():
    """What multiplies: OpenBLAS's own description, or the names of the libraries."""
    with open("/proc/self/maps") as maps:
        paths = sorted({line.split()[-1] for line in maps if "blas" in line or "mkl_" in line})
    for path in paths:
        config = getattr(ctypes.CDLL(path), "openblas_get_config", None)
        if config is not None:
            config.restype = ctypes.c_char_p
            return config().decode()
    return ", ".join(os.path.basename(p) for p in paths) or "within PyTorch"


def main(folder, steps, threads):
    torch.set_num_threads(threads)

    def load(name):
        return torch.from_numpy(numpy.load(os.path.join(folder, name + ".npy")))

    with open(os.path.join(folder, "shape.json")) as f:
        shape = json.load(f)
    tables = ["E"] if os.path.exists(os.path.join(folder, "E.npy")) else []
    p = {name: load(name).requires_grad_() for name in tables + ["U", "b", "h.signs", "V", "c"]}
    x, labels = load("x"), load("labels").long()
    x = x.long() if tables else x.float() / shape["divisor"]
    base = recurrence(len(p["h.signs"]), shape)
    single = len(p["c"]) == 1
    adam = torch.optim.Adam(p.values(), lr=RATE)
    run = {"seconds": [], "processor": [], "loss": [], "norm": [], "before_kib": peak_kib()}
    for _ in range(steps):
        clock, processor = time.perf_counter(), time.process_time()
        adam.zero_grad()
        y = logits(p, base, x)
        loss = F.binary_cross_entropy_with_logits(y, labels.float()) if single else F.cross_entropy(y, labels)
        loss.backward()
        adam.step()
        with torch.no_grad():
            p["h.signs"].clamp_(-1, 1)
        run["seconds"].append(time.perf_counter() - clock)
        run["processor"].append(time.process_time() - processor)
        run["loss"].append(loss.item())
        run["norm"].append(math.sqrt(sum(float((v.grad.double() ** 2).sum()) for v in p.values())))
    run.update(peak_kib=peak_kib(), version=torch.__version__, kernels=blas())
    print(json.dumps(run))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
