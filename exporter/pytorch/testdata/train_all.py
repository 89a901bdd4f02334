"""Runs train.py of every folder in a folder, one after the other: train_all.py FOLDER PROCESSES RANK ARGUMENT...

In an argument @ stands for the folder of the model. Behind --then come the arguments of another run; --interrupt ends one after its
first epoch.
"""
import importlib.util
import os
import pathlib
import sys

root, size, rank, *arguments = sys.argv[1:]
os.environ.update(WORLD_SIZE=size, RANK=rank, MASTER_ADDR="127.0.0.1")
runs = " ".join(arguments).split(" --then ")


def interrupted(training):
    """The class of a training that is interrupted once an epoch is saved."""
    class Interrupted(training):
        def save(self):
            super().save()
            raise KeyboardInterrupt
    return Interrupted


for folder in sorted(p for p in pathlib.Path(root).iterdir() if p.is_dir()):
    made = {}
    for name in ("model", "train"):
        spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
        sys.modules[name] = made[name] = importlib.util.module_from_spec(spec)  # train.py imports the other
        spec.loader.exec_module(made[name])
    whole = made["train"].Training
    for run in runs:
        sys.argv = ["train.py"] + [a.replace("@", str(folder)) for a in run.split() if a != "--interrupt"]
        made["train"].Training = interrupted(whole) if "--interrupt" in run.split() else whole
        try:
            made["train"].main()
        except KeyboardInterrupt:
            pass
