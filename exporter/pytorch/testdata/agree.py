"""Holds exported modules to what hrnnc computed of the same models: agree.py FOLDER, with a folder for each model in it.

Prints a JSON object: for each folder by how much it is apart, or why it was refused.
"""
import importlib.util
import json
import pathlib
import sys

import numpy
import torch


def module(folder):
    spec = importlib.util.spec_from_file_location("exported", folder / "model.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def apart(got, want):
    """The largest difference, as a part of the largest magnitude."""
    want = torch.from_numpy(want).double().reshape(got.shape)
    return float((got.double() - want).abs().max() / max(float(want.abs().max()), 1e-30))


def agree(folder):
    made, out = module(folder), {}
    x = torch.from_numpy(numpy.load(folder / "x.npy"))
    model = made.Model(seed=1).load(folder / "model.safetensors")
    out["real"] = apart(model(x).detach(), numpy.load(folder / "real.npy"))
    if (folder / "decided.npy").exists():
        out["decided"] = float((model.double().decisions(x).numpy() != numpy.load(folder / "decided.npy")).sum())
    model.save(folder / "saved.safetensors")
    try:
        y = model.integers(x)
    except made.TooWide as error:
        return dict(out, refused=str(error))
    out["differing"] = int((y.numpy().reshape(-1) != numpy.load(folder / "fixed.npy").reshape(-1)).sum())
    if (folder / "decided_fixed.npy").exists():
        model.level = "fixed"
        out["decided_fixed"] = float((model.decisions(x).numpy() != numpy.load(folder / "decided_fixed.npy")).sum())
    return out


torch.set_num_threads(1)
print(json.dumps({folder.name: agree(folder) for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()) if folder.is_dir()}))
