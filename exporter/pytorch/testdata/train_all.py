"""Runs train.py of every folder in a folder, one after the other: train_all.py FOLDER PROCESSES RANK ARGUMENT...

In an argument @ stands for the folder of the model.
"""
import importlib.util
import os
import pathlib
import sys

root, size, rank, *arguments = sys.argv[1:]
os.environ.update(WORLD_SIZE=size, RANK=rank, MASTER_ADDR="127.0.0.1")
for folder in sorted(p for p in pathlib.Path(root).iterdir() if p.is_dir()):
    sys.argv = ["train.py"] + [a.replace("@", str(folder)) for a in arguments]
    made = {}
    for name in ("model", "train"):
        spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
        sys.modules[name] = made[name] = importlib.util.module_from_spec(spec)  # train.py imports the other
        spec.loader.exec_module(made[name])
    made["train"].main()
