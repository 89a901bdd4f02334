"""Holds exported modules to what hrnnc computed of the same models: agree.py FOLDER, with a folder for each model in it.

Prints a JSON object: for each folder by how much it is apart, or why it was refused.
"""
import importlib.util
import json
import pathlib
import sys

import numpy
import torch


def module(folder, name):
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def apart(got, want):
    """The largest difference, as a part of the largest magnitude."""
    want = torch.from_numpy(want).double().reshape(got.shape)
    return float((got.double() - want).abs().max() / max(float(want.abs().max()), 1e-3))


def gradients(folder, made, train):
    """By how much loss and gradients are apart from the trainer's. Where a state is 0 in front of a relu, but for rounding, either slope
    is one, and the trainer, which recovers states from those after them, may take the other: then there are no gradients to compare."""
    model = made.Model(seed=1).load(folder / "model.safetensors")
    x, answers = (torch.from_numpy(numpy.load(folder / f"{name}.npy")) for name in ("batch", "answers"))
    loss, counted, _ = train.loss_of(model(x), answers, train.SETTINGS)
    (loss / max(counted, 1)).backward()
    want = {path.name[len("gradient."):-len(".npy")].replace("%", "/"): numpy.load(path) for path in folder.glob("gradient.*.npy")}
    kinks = []
    with torch.no_grad():
        model.run(x, watch=lambda i, h: kinks.append(bool((h.abs() <= 1e-6 * h.abs().max()).any())))
    return apart(loss.detach().reshape(1) / max(counted, 1), numpy.load(folder / "loss.npy")), {
        name: apart(model.get(name).grad, g) for name, g in want.items() if not any(kinks)}


def agree(folder):
    made = sys.modules["model"] = module(folder, "model")  # which train.py imports
    train, out = module(folder, "train"), {}
    x = torch.from_numpy(numpy.load(folder / "x.npy"))
    model = made.Model(seed=1).load(folder / "model.safetensors")
    out["real"] = apart(model(x).detach(), numpy.load(folder / "real.npy"))
    if (folder / "decided.npy").exists():
        out["decided"] = int((model.double().decisions(x).numpy() != numpy.load(folder / "decided.npy")).sum())
    model.save(folder / "saved.safetensors")
    (first, ranges), (again, saved_ranges) = (made.read_safetensors(folder / f"{name}.safetensors") for name in ("model", "saved"))
    out["saved"] = max(float((again[name].double() - first[name].double()).abs().max()) for name in first)
    if {k: float(v) for k, v in ranges.items()} != {k: float(v) for k, v in saved_ranges.items()}:
        out["saved"] = 1.0
    out["loss"], out["gradients"] = gradients(folder, made, train)
    try:
        y = model.integers(x)
    except made.TooWide as error:
        return dict(out, refused=str(error))
    out["differing"] = int((y.numpy().reshape(-1) != numpy.load(folder / "fixed.npy").reshape(-1)).sum())
    if (folder / "decided_fixed.npy").exists():
        model.level = "fixed"
        out["decided_fixed"] = int((model.decisions(x).numpy() != numpy.load(folder / "decided_fixed.npy")).sum())
    return out


torch.set_num_threads(1)
print(json.dumps({folder.name: agree(folder) for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()) if folder.is_dir()}))
