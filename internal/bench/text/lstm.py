"""An LSTM that classifies texts, in PyTorch: the peer of the HadamRNN in internal/bench/text.

    lstm.py FOLDER SETTINGS

FOLDER holds train, valid and test as NAME_tokens.npy [texts, steps] and NAME_labels.npy; SETTINGS is a JSON object, type
peerSettings in peer.go. Prints a JSON object, type trained in own.go.
"""
import copy
import json
import math
import os
import sys
import time

import numpy
import torch
import torch.nn.functional as F
from torch import nn


class Classifier(nn.Module):
    """A table of words, an LSTM, and one output from its last state: better for it than the mean of all."""

    def __init__(self, s):
        super().__init__()
        self.table = nn.Embedding(s["vocabulary"], s["embedding"])
        self.lstm = nn.LSTM(s["embedding"], s["units"], batch_first=True)
        self.out = nn.Linear(s["units"], 1)
        with torch.no_grad():
            self.table.weight.mul_(s["table_scale"])

    def forward(self, tokens):
        states, _ = self.lstm(self.table(tokens))
        return self.out(states[:, -1])[:, 0]


def load(folder, name):
    """Tokens and labels of a part."""
    part = [numpy.load(os.path.join(folder, f"{name}_{what}.npy")) for what in ["tokens", "labels"]]
    return torch.from_numpy(part[0]).long(), torch.from_numpy(part[1]).float()


def accuracy(model, part):
    tokens, labels = part
    with torch.no_grad():
        y = torch.cat([model(t) for t in tokens.split(256)])
    return float(((y > 0) == (labels > 0)).float().mean())


def epoch(model, adam, part, order, s, progress):
    """One pass over the training part; progress is the fraction of the training before it and what the pass adds."""
    tokens, labels = part
    batches = order.split(s["batch"])
    for i, index in enumerate(batches):
        done = progress[0] + progress[1] * (i + 1) / len(batches)
        for group in adam.param_groups:
            group["lr"] = s["rate"] * (1 + math.cos(math.pi * done)) / 2
        adam.zero_grad()
        F.binary_cross_entropy_with_logits(model(tokens[index]), labels[index]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), s["clip"])
        adam.step()


def main(folder, s):
    torch.set_num_threads(s["threads"])
    torch.manual_seed(s["seed"])
    train, valid, test = (load(folder, name) for name in ["train", "valid", "test"])
    model = Classifier(s)
    adam = torch.optim.Adam(model.parameters(), lr=s["rate"])
    best, kept, start = -1.0, None, time.perf_counter()
    for e in range(s["epochs"]):
        epoch(model, adam, train, torch.randperm(len(train[0])), s, (e / s["epochs"], 1 / s["epochs"]))
        score = accuracy(model, valid)
        if score > best:
            best, kept = score, copy.deepcopy(model.state_dict())
    seconds = time.perf_counter() - start
    model.load_state_dict(kept)
    parameters = sum(p.numel() for p in model.parameters())
    print(json.dumps({"seconds": seconds, "valid": best, "test": accuracy(model, test), "parameters": parameters,
                      "bytes": sum(p.numel() * p.element_size() for p in model.parameters()), "version": torch.__version__}))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
