"""Makes the checkpoints beside it, with PyTorch: python3 make.py. The tests read the files and need no PyTorch."""
import collections
import pathlib

import numpy as np
import torch

torch.manual_seed(7)
here, n, d, o = pathlib.Path(__file__).parent, 16, 3, 4
hadamard = torch.tensor([[(-1.0) ** bin(i & j).count("1") for j in range(n)] for i in range(n)]) / n**0.5
signs = torch.sign(torch.randn(n))
U, W, b, V, c = torch.randn(n, d), signs[:, None] * hadamard, torch.randn(n), torch.randn(o, n), torch.randn(o)
rows, columns = torch.randperm(n), torch.randperm(n)


def save(name, tensors, wrap=lambda t: t, **how):
    torch.save(wrap(collections.OrderedDict(tensors)), here / name, **how)


# nn.Linear under names of one's own, wrapped by DataParallel, in a checkpoint with an optimiser and numbers of NumPy.
linear = {"module.i2h.weight": U, "module.i2h.bias": b, "module.h2h.weight": W, "module.h2o.weight": V, "module.h2o.bias": c}
adam = torch.optim.Adam([torch.nn.Parameter(b.clone())])
save("linear.pth", linear, lambda t: {"epoch": 3, "best": np.float64(0.5), "optimizer": adam.state_dict(), "model_state_dict": t})
# nn.RNN and nn.Linear, in the format of before 1.6, in half precision, as transposed views.
rnn = {"rnn.weight_ih_l0": U.t().contiguous().t(), "rnn.weight_hh_l0": W, "rnn.bias_ih_l0": b / 2, "rnn.bias_hh_l0": b / 2, "fc.weight": V, "fc.bias": c}
save("rnn.pth", rnn, _use_new_zipfile_serialization=False)
# Signs as bool, and the tensors of a normalisation that no HadamRNN has.
save("bool.pth", {"U": U, "b": b, "h.signs": signs > 0, "V": V, "c": c})
save("extra.pth", {**linear, "module.norm.weight": torch.ones(n), "module.norm.bias": torch.zeros(n)})
# A recurrence whose units are permuted: it stays a matrix.
save("permuted.pth", {"U": U, "b": b, "W": W[rows][:, columns].contiguous(), "V": V, "c": c})
np.save(here / "x.npy", np.random.default_rng(1).integers(-100, 100, (6, 20, d)).astype(np.int8))
# Recordings of four classes, told apart by which channel is large: something to train further on.
random = np.random.default_rng(2)
y = random.integers(0, 4, 160)
x = random.integers(-20, 20, (160, 12, d)) + 60 * (np.arange(d) == y[:, None])[:, None, :]
np.savez_compressed(here / "channels.npz", x=(x / 32).astype(np.float32), y=y.astype(np.int8))
