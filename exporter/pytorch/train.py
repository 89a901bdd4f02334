"""Trains @NAME@, the module in model.py, on the data in data.npz, as the train block of its model.hrn says. Written by hrnnc.

    python3 train.py                                 # one process, on a GPU where there is one
    python3 train.py --resume                        # goes on behind the last epoch that was complete, with what was set
    python3 train.py --resume --set epochs=200       # trains on for longer than was planned
    python3 train.py --set epochs=5 --set rate=0.01  # settings, as in the train block
    python3 train.py --from weights.safetensors      # begins with weights instead of random ones
    torchrun --nproc_per_node 4 train.py             # four GPUs, or four processes: the batch is split among them
    python3 train.py --finetune --from @WEIGHTS@     # trains on through the rounding and the limits of a chip's states

It leaves @WEIGHTS@ with the ranges of the states, which  hrnnc compile model.hrn --weights @WEIGHTS@  takes as it is, and
a folder run with metrics.jsonl, checkpoint.pt and best.safetensors. It needs torch and numpy.
"""
import argparse
import json
import math
import os
import pathlib
import time

try:
    import numpy
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel
except ModuleNotFoundError as missing:
    raise SystemExit(f"this Python has no {missing.name}: apt-get install python3-torch python3-numpy, or pip install torch numpy")

import model as module
from model import Model

# @SETTINGS@

HERE = pathlib.Path(__file__).resolve().parent


# --- Data: integers and answers, as the model's input and the loss have them ---


class Part:
    """A part of the data: sequences x [sequences, steps, entries] of one length, or unbroken recordings, one behind the other, with
    their lengths. Answers are classes, -1 for none; bits of a number, one an output; or targets, NaN for none."""

    def __init__(self, arrays, name, device):
        self.x, self.y = torch.from_numpy(arrays[name + "_x"]), torch.from_numpy(arrays[name + "_y"])
        self.device, self.first = device, None
        # Of images as they are stored, [images, lines, columns]: where each value of a step lies, [steps, entries].
        self.pixels = torch.from_numpy(arrays[name + "_pixels"]) if name + "_pixels" in arrays else None
        if name + "_lengths" in arrays:
            self.lengths = [int(n) for n in arrays[name + "_lengths"]]
            self.first = [sum(self.lengths[:i]) for i in range(len(self.lengths))]

    def __len__(self):
        return len(self.x) if self.first is None else len(self.lengths)

    def steps(self):
        if self.pixels is not None:
            return len(self.pixels)
        return self.x.shape[1] if self.first is None else max(self.lengths, default=0)

    def batch(self, pieces, steps, seeds=None):
        """Inputs and answers of pieces (sequence, from), so many steps each. seeds are for what changes training sequences, one each."""
        if self.first is None:
            index = torch.tensor([i for i, _ in pieces], dtype=torch.long)
            x, y = self.x[index], self.y[index]
        else:
            at, within = [], []
            for i, start in pieces:  # behind its end a recording begins again, and nothing there counts
                t = torch.arange(start, start + steps)
                at.append(self.first[i] + t % self.lengths[i])
                within.append(t < self.lengths[i])
            at, within = (torch.stack(v) if v else torch.zeros(0, steps, dtype=kind) for v, kind in ((at, torch.long), (within, torch.bool)))
            x, y = self.x[at], self.y[at].clone()
            y[~within] = math.nan if y.is_floating_point() else -1
        if x.is_floating_point():  # values that are not rounded yet
            generators = [torch.Generator().manual_seed(seed) for seed in seeds or []]
            if self.pixels is not None:
                x = torch.stack([moved(image, rng) for image, rng in zip(x, generators)]) if generators else x
                gain, offset = (torch.tensor(AUGMENT[name], dtype=torch.float64) for name in ("gain", "offset"))
                x = x.double().flatten(1)[:, self.pixels] * gain + offset
            if generators:
                x = torch.stack([augmented(s, rng, self.first is None) for s, rng in zip(x, generators)])
            x = torch.round(x).clamp(module.INPUT["low"], module.INPUT["high"])
        if module.INPUT["tokens"]:
            x = x.long()
        return x.to(self.device), y.to(self.device)


def moved(image, rng):
    """An image [lines, columns] moved by some pixels, zeros coming in, and then a square in it blanked."""
    draw = lambda low, high: int(torch.randint(low, high + 1, (1,), generator=rng))
    if AUGMENT["pixels"]:
        down, right = (max(-n, min(draw(-AUGMENT["pixels"], AUGMENT["pixels"]), n)) for n in image.shape)
        image = torch.nn.functional.pad(image, (right, -right, down, -down))
    if AUGMENT["erase"]:
        side = draw(1, AUGMENT["erase"])
        top, left = (draw(0, max(0, n - side)) for n in image.shape)
        image = image.clone()
        image[top:top + side, left:left + side] = 0
    return image


def augmented(x, rng, shifts):
    """A sequence [steps, entries] changed a little. Several samples a step are taken apart for what concerns samples."""
    shape, normal = x.shape, lambda *n: torch.randn(n, generator=rng)
    x = x.reshape(-1, AUGMENT["channels"])
    last = len(x) - 1
    if shifts and AUGMENT["warp"]:
        half, whole = AUGMENT["warp"] * len(x) * normal(1), AUGMENT["warp"] * len(x) * normal(1) / 2
        turn = math.pi * torch.arange(len(x)) / max(last, 1)
        at = (torch.arange(len(x)) + half * torch.sin(turn) + whole * torch.sin(2 * turn)).clamp(0, last)
        low = at.long().clamp(max=max(last - 1, 0))
        x = torch.lerp(x[low], x[(low + 1).clamp(max=last)], (at - low)[:, None])
    if shifts and AUGMENT["shift"]:
        k = int(torch.randint(-AUGMENT["shift"], AUGMENT["shift"] + 1, (1,), generator=rng))
        x = x[(torch.arange(len(x)) - k).clamp(0, last)]
    if AUGMENT["rotate"]:
        a, b, c = torch.nn.functional.normalize(normal(3), dim=0).tolist()
        angle = math.radians(AUGMENT["rotate"]) * torch.rand(1, generator=rng)
        turn = torch.matrix_exp(angle * torch.tensor([[0, -c, b], [c, 0, -a], [-b, a, 0]]))
        gain, offset = torch.tensor(AUGMENT["gain"]), torch.tensor(AUGMENT["offset"])
        x = ((x.reshape(shape) - offset) / gain).reshape(x.shape)
        for axes in AUGMENT["sensors"]:
            x[:, axes] = x[:, axes] @ turn.T
        x = (x.reshape(shape) * gain + offset).reshape(x.shape)
    if AUGMENT["scale"]:
        x = x * (1 + AUGMENT["scale"] * normal(1))
    if AUGMENT["noise"]:
        x = x + AUGMENT["noise"] * normal(*x.shape)
    if AUGMENT["drop"]:
        x = x * (torch.rand(x.shape[1], generator=rng) >= torch.tensor(AUGMENT["drop"]))  # one for all, or one for each
    return x.reshape(shape)


# --- The loss ---


def loss_of(y, answers, training=None):
    """The sum of the loss over what counts, how much that is, and how many decisions are right. training: the settings of a training,
    whose class weights and smoothing count; None in a score."""
    outputs, smooth = y.shape[-1], training["label_smoothing"] if training else 0.0
    weights = torch.tensor(training["class_weights"], dtype=y.dtype, device=y.device) if training and training["class_weights"] else None
    y = y.reshape(-1, outputs)
    if SETTINGS["loss"] == "mse":
        answers = answers.reshape(-1, outputs)
        counts = ~torch.isnan(answers)
        difference = torch.where(counts, y - answers, torch.zeros_like(y))
        return (difference * difference).sum(), int(counts.sum()), 0
    answers = answers.reshape(-1).long()
    y, answers = y[answers >= 0], answers[answers >= 0]
    if SETTINGS["loss"] == "cross_entropy":
        own = 1.0 if weights is None else weights[answers]
        label = y.gather(1, answers[:, None])[:, 0]
        each = torch.logsumexp(y, 1) - (1 - smooth) * label - smooth * y.mean(1)
        return (own * each).sum(), len(answers), int((y.argmax(1) == answers).sum())
    bits = answers[:, None] >> torch.arange(outputs, device=y.device) & 1
    own = 1.0 if weights is None else weights[2 * torch.arange(outputs, device=y.device) + bits]
    z, want = y - module.OUTPUT["threshold"], (1 - smooth) * bits + smooth / 2
    each = torch.relu(z) - want * z + torch.log1p(torch.exp(-z.abs()))
    return (own * each).sum(), bits.numel(), int(((z > 0) == (bits == 1)).sum())


def decided(y, answers):
    """What macro F1 is made of: of each class, or bit, how many are right, how many there are, and how many are decided to be."""
    y, answers = y.reshape(-1, y.shape[-1]), answers.reshape(-1).long()
    y, answers = y[answers >= 0], answers[answers >= 0]
    said = (y > module.OUTPUT["threshold"]).long() if SETTINGS["loss"] == "binary_cross_entropy" else y.argmax(1)[:, None]
    if SETTINGS["classes"]:
        kinds = torch.arange(SETTINGS["classes"], device=y.device)
        want, said = (answers[:, None] == kinds).long(), (said == kinds).long()
    else:
        want = answers[:, None] >> torch.arange(y.shape[-1], device=y.device) & 1
    return [n for count in (want * said, want, said) for n in count.sum(0).tolist()]


def macro_f1(counts):
    """The mean F1 of the classes that occur or are decided, or of the bits that occur; 0 where there is none."""
    n = len(counts) // 3
    each = [2 * hits / (want + said) for hits, want, said in zip(counts[:n], counts[n:], counts[2 * n:]) if want or said and SETTINGS["classes"]]
    return sum(each) / max(len(each), 1)


# --- Many processes ---


class World:
    """The processes that train together: one, or as many as torchrun started."""

    def __init__(self, device):
        self.size, self.rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            torch.zeros(1, device=device)
        except (RuntimeError, AssertionError) as err:
            raise SystemExit(f"--device {device}: PyTorch has none here; take  --device cpu\n{str(err).splitlines()[0]}")
        if device == "cuda":
            device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}"
            torch.cuda.set_device(device)
        self.device = torch.device(device)
        if self.size > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        self.wrapped = {}

    def shared(self, net):
        """A module whose gradients are averaged over all processes."""
        if self.size > 1 and net not in self.wrapped:
            self.wrapped[net] = DistributedDataParallel(net, broadcast_buffers=False)
        return self.wrapped.get(net, net)

    def share(self, items):
        """Those of a list that are this process's."""
        return items[self.rank::self.size]

    def reduced(self, values, largest=False):
        """The sums, or the largest, of numbers over all processes."""
        if self.size == 1:
            return values
        t = torch.tensor(values, dtype=torch.float64, device=self.device if self.device.type == "cuda" else "cpu")
        dist.all_reduce(t, dist.ReduceOp.MAX if largest else dist.ReduceOp.SUM)
        return t.tolist()

    def say(self, *words):
        if self.rank == 0:
            print(*words, flush=True)


# --- Training ---


class Training:
    """A training of a model: epochs, their validation, and what is kept."""

    def __init__(self, net, parts, settings, world, folder=None):
        self.net, self.parts, self.settings, self.world, self.folder = net, parts, settings, world, folder
        self.module = world.shared(net)
        signs = net.signs()
        others = [p for p in net.parameters() if not any(p is s for s in signs)]
        kind = torch.optim.AdamW if settings["optimizer"] == "adamw" else torch.optim.Adam
        groups = [dict(params=others, base=settings["rate"], weight_decay=settings["weight_decay"])]
        if signs:
            groups.append(dict(params=signs, base=settings["sign_rate"], weight_decay=0.0))
        self.optimizer = kind(groups, lr=settings["rate"])
        self.epoch, self.steps, self.history, self.best_epoch, self.best = 0, 0, [], 0, None
        self.least = None  # the score from which weights are kept
        self.constrain()
        self.average = [p.detach().clone() for p in net.parameters()] if settings["average"] else None

    def part(self, name):
        """A part, or what there is in its place."""
        names = {"valid": ["valid", "train"], "test": ["test", "valid", "train"], "train": ["train"]}[name]
        return next((n, self.parts[n]) for n in names if n in self.parts)

    def course(self, rng):
        """The batches of an epoch, of pieces (sequence, from), and the steps of a piece. Lane k of a batch of recordings goes on in
        lane k of the next one."""
        s, train = self.settings, self.parts["train"]
        if train.first is None:
            order = [i for _ in range(s["repeat"]) for i in torch.randperm(len(train), generator=rng).tolist()]
            pieces = [(i, 0) for i in order]
            return train.steps(), [pieces[at:at + s["batch"]] for at in range(0, len(pieces), s["batch"])]
        longest = train.steps()
        steps, pieces = min(s["truncate"], longest + longest % 2), []
        for _ in range(s["repeat"]):
            for i in torch.randperm(len(train), generator=rng).tolist():
                whole = max(1, train.lengths[i] // steps)
                start = int(torch.randint(max(0, train.lengths[i] - whole * steps) + 1, (1,), generator=rng))
                pieces += [(i, start + k * steps) for k in range(whole)]
        count = -(-len(pieces) // s["batch"])
        return steps, [pieces[k::count] for k in range(count)]

    def factor(self, at):
        """Of the learning rate, so many epochs from the start."""
        s, out = self.settings, 1.0
        if s["schedule"] == "step":
            out = s["gamma"] ** math.floor(at / s["every"])
        elif s["schedule"] == "cosine":
            out = s["floor"] + (1 - s["floor"]) * (1 + math.cos(math.pi * min(at / s["epochs"], 1))) / 2
        return out * (at / s["warmup"] if at < s["warmup"] else 1.0)

    @torch.no_grad()
    def constrain(self):
        """Keeps signs within -1 and 1, few-bit weights within their limit, and units that are not read out of the readout."""
        for p in self.net.signs():
            p.clamp_(-1, 1)
        for name, (kind, _, _) in module.TENSORS.items():
            if self.settings["weight_limit"] and (kind == "ternary" or kind.startswith("int")):
                p = self.net.get(name)
                most = float(self.settings["weight_limit"] * p.double().square().mean().sqrt())
                p.clamp_(-most, most)
        if self.settings["read_units"]:
            self.net.get(module.READOUT["matrix"])[:, self.settings["read_units"]:] = 0

    def train_epoch(self):
        s, world = self.settings, self.world
        first = (s["seed"] * 1000003 + self.epoch) % (1 << 31)
        steps, batches = self.course(torch.Generator().manual_seed(first))
        carries, states, total = self.parts["train"].first is not None and s["carry"], None, [0.0, 0, 0]
        for k, batch in enumerate(batches):
            lanes, mine = world.share(range(len(batch))), world.share(batch)
            x, answers = self.parts["train"].batch(mine, steps, [(first << 31) + k * len(batches[0]) + lane for lane in lanes])
            if carries:
                begins = [k == 0 or batches[k - 1][lane] != (i, start - steps) for lane, (i, start) in zip(lanes, mine)]
                fresh = self.net.start(len(mine))
                if states is not None:
                    keep = ~torch.tensor(begins, dtype=torch.bool, device=world.device)[:, None]
                    fresh = [torch.where(keep, old[:len(mine)], new) for old, new in zip(states, fresh)]
                y, states = self.module(x, fresh)
                states = [h.detach() for h in states]
            else:
                y = self.module(x)
            loss, counted, right = loss_of(y, answers, s)
            shared = world.reduced([float(loss.detach()), counted, right])
            total = [a + b for a, b in zip(total, shared)]
            # Gradients are averaged over the processes, and the loss is the mean over what counts in all of them.
            self.optimizer.zero_grad()
            (loss * (world.size / max(shared[1], 1))).backward()
            self.update(self.epoch + (k + 1) / len(batches))
        return total

    def update(self, at):
        s = self.settings
        if s["clip"]:
            norm = math.sqrt(sum(float(p.grad.double().square().sum()) for p in self.net.parameters() if p.grad is not None))
            if norm > s["clip"]:
                for p in self.net.parameters():
                    p.grad.mul_(s["clip"] / norm)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * self.factor(at)
        self.optimizer.step()
        self.constrain()
        self.steps += 1
        if self.average:
            left = min(s["average"], self.steps / (self.steps + 10))
            with torch.no_grad():
                for mean, p in zip(self.average, self.net.parameters()):
                    mean.mul_(left).add_(p, alpha=1 - left)

    @torch.no_grad()
    def swap(self):
        """Exchanges the weights for their average, or back."""
        for mean, p in zip(self.average or [], self.net.parameters()):
            now = p.clone()
            p.copy_(mean)
            mean.copy_(now)

    def each(self, part):
        """The sequences of a part, this process's, in batches."""
        entries = 1 if module.INPUT["tokens"] else module.INPUT["size"]
        size = max(1, min(256, (1 << 24) // max(1, part.steps() * entries)))
        mine = self.world.share(list(range(len(part))))
        for at in range(0, len(mine), size):
            yield part.batch([(i, 0) for i in mine[at:at + size]], part.steps())

    @torch.no_grad()
    def score(self, part):
        """The mean loss, the score, which for a regression is minus its loss, and the accuracy."""
        by_f1 = self.settings["score"] == "macro_f1"
        total = [0.0, 0, 0] + [0] * (3 * (SETTINGS["classes"] or module.TENSORS[module.READOUT["matrix"]][1][0]) if by_f1 else 0)
        for x, answers in self.each(part):
            y = self.net(x)
            loss, counted, right = loss_of(y, answers)
            total = [a + b for a, b in zip(total, [float(loss), counted, right] + (decided(y, answers) if by_f1 else []))]
        loss, counted, right, *counts = self.world.reduced(total)
        mean, accuracy = loss / max(counted, 1), right / max(counted, 1)
        return mean, -mean if SETTINGS["loss"] == "mse" else macro_f1(counts) if by_f1 else accuracy, accuracy

    def measure(self, part):
        """Takes the ranges of the states from a part; those that model.hrn gives stay."""
        given = {layer["state"]: layer["range"] for layer in module.LAYERS if layer["range"]}
        self.net.ranges = {}
        for x, _ in self.each(part):
            self.net.measure(x)
        states = module.STATES
        self.net.ranges = dict(zip(states, self.world.reduced([self.net.ranges.get(s, 0.0) for s in states], largest=True)))
        self.net.ranges.update(given)

    def keep(self):
        """Saves the weights at hand as the best ones."""
        if self.net.level == "real":
            self.measure(self.part("valid")[1])
        if self.world.rank == 0:
            self.net.save(self.folder / "best.safetensors")

    def go(self):
        """Trains to the end, or goes on to it."""
        s, valid = self.settings, self.part("valid")[1]
        while self.epoch < s["epochs"] and not self.stale():
            began = time.time()
            loss, counted, right = self.train_epoch()
            if not math.isfinite(loss):
                raise SystemExit(f"training diverged in epoch {self.epoch + 1}: take a smaller rate, such as  --set rate={s['rate'] / 3:.2g}")
            line = dict(epoch=self.epoch + 1, loss=loss / max(counted, 1), accuracy=right / max(counted, 1))
            if self.folder:
                self.swap()
                line["valid_loss"], line["valid_score"], line["valid_accuracy"] = self.score(valid)
                line["best"] = s["keep"] == "last" or self.best is None or (line["valid_score"], -line["valid_loss"]) > self.best
                if line["best"]:
                    self.best, self.best_epoch = (line["valid_score"], -line["valid_loss"]), self.epoch + 1
                    if self.least is None or line["valid_score"] > self.least:
                        self.keep()
                self.swap()
                of_classes, by_f1 = s["loss"] != "mse", s["score"] == "macro_f1"
                self.world.say(f"epoch {line['epoch']:3}  loss {line['loss']:.4f}" + (f"  accuracy {line['accuracy']:.4f}" if of_classes else "") +
                               f"  valid loss {line['valid_loss']:.4f}" + (f" accuracy {line['valid_accuracy']:.4f}" if of_classes else "") + (f" macro F1 {line['valid_score']:.4f}" if by_f1 else "") +
                               f"{' *' if line['best'] else ''}  {time.time() - began:.1f} s")
            self.epoch += 1
            self.history.append(line)
            if self.folder and self.world.rank == 0:
                self.save()
        return self

    def stale(self):
        """Whether patience is at its end."""
        return self.settings["patience"] and self.epoch - self.best_epoch >= self.settings["patience"]

    def save(self):
        with open(self.folder / "metrics.jsonl", "w") as file:
            file.writelines(json.dumps(line) + "\n" for line in self.history)
        torch.save(dict(model=self.net.state_dict(), optimizer=self.optimizer.state_dict(), average=self.average, epoch=self.epoch, steps=self.steps,
                        history=self.history, best=self.best, best_epoch=self.best_epoch, settings=self.settings), self.folder / "checkpoint.tmp")
        os.replace(self.folder / "checkpoint.tmp", self.folder / "checkpoint.pt")

    def resume(self, was):
        """Goes on from a checkpoint."""
        path, s, before = self.folder / "checkpoint.pt", self.settings, was["settings"]
        changed = [k for k in s if before.get(k) != s[k] and k not in ("epochs", "patience")]
        if changed:
            raise SystemExit(f"{path}: was made with another {' and '.join(changed)}; undo that, or begin another run from its weights with  "
                             f"--from {self.folder / 'best.safetensors'} --run FOLDER")
        if was["epoch"] > s["epochs"]:
            raise SystemExit(f"{path}: has {was['epoch']} epochs, and the run shall have {s['epochs']}; take more, as  --set epochs={2 * was['epoch']}")
        at, own = was["epoch"], [f"{k}={written(s[k])}" for k in FORMS if s[k] != SETTINGS[k]]
        self.world.say(f"going on behind epoch {at} of {s['epochs']}" + (f", with {' '.join(own)} in place of what train.py has" if own else ""))
        then, now = (Training.factor(argparse.Namespace(settings=v), at) for v in (before, s))
        if then != now:
            self.world.say(f"{s['epochs']} epochs instead of {before['epochs']}: schedule {s['schedule']} over all of them, "
                           f"so that the rate is {now:.3g} of the full one here, not {then:.3g}")
        self.net.load_state_dict(was["model"])
        self.optimizer.load_state_dict(was["optimizer"])
        self.average = was["average"] and [mean.to(self.world.device) for mean in was["average"]]
        self.epoch, self.steps, self.history = was["epoch"], was["steps"], was["history"]
        self.best, self.best_epoch = was["best"], was["best_epoch"]
        if at == s["epochs"] or self.stale():
            longer = f"epochs={2 * at}" if at == s["epochs"] else f"patience={2 * s['patience']}"
            self.world.say(f"nothing is left to train; for more epochs add  --set {longer}")


def draw(net, parts, settings, world):
    """First weights: of several draws that which a short training takes to the smallest loss."""
    balanced, seed = settings["sign_init"] == "balanced", settings["seed"]
    losses = {}
    for k in range(settings["draws"] if settings["draws"] > 1 else 0):
        epochs = max(1, round(0.1 * settings["epochs"]))
        trial = dict(settings, epochs=epochs, schedule="cosine", floor=0.0, warmup=min(settings["warmup"], epochs / 2), average=0, patience=0)
        net.initialise(seed + 7919 * k, balanced)
        losses[k] = Training(net, parts, trial, world).go().history[-1]["loss"]
        world.say(f"draw {k + 1} of {settings['draws']}: loss {losses[k]:.4f}")
    net.initialise(seed + 7919 * min(losses, key=losses.get, default=0), balanced)


def finetune(net, parts, settings, world, folder):
    """Trains on at the fixed level, where the units of states keep their powers of two; weights are kept that decide better."""
    settings = dict(settings, epochs=max(1, round(0.2 * settings["epochs"])), rate=0.3 * settings["rate"], sign_rate=0.3 * settings["sign_rate"],
                    schedule="cosine", floor=0.0, warmup=0.0, draws=1)
    net.level = "fixed"
    try:
        net.freeze()
        module.Fixed(net)
    except (ValueError, module.TooWide) as err:
        raise SystemExit(f"--finetune: {err}")
    run = Training(net, parts, settings, world, folder)
    loss, score, _ = run.score(run.part("valid")[1])
    world.say(f"the fixed level before: valid loss {loss:.4f} score {score:.4f}")
    run.keep()
    run.least = score
    run.go()
    net.frozen = None


# Of settings that are numbers: 0 or more, and below 1e9, where nothing else stands here.
LOWEST = dict(epochs=1, batch=1, draws=1, every=1, truncate=2, repeat=1)
HIGHEST = dict(average=1, label_smoothing=1, draws=1025, **{k: 2**20 + 1 for k in ("epochs", "batch", "every", "truncate", "repeat", "read_units", "patience")})


def written(value):
    """A setting as --set takes it."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def checkpoint(folder):
    """What a run left behind its last epoch."""
    path = folder / "checkpoint.pt"
    if not path.exists():
        raise SystemExit(f"{path}: there is no checkpoint; train without --resume")
    try:
        return torch.load(path, map_location="cpu")
    except Exception:  # of many kinds, by what is broken
        raise SystemExit(f"{path} is damaged, or no checkpoint: begin another run from the best weights with  "
                         f"--from {folder / 'best.safetensors'} --run FOLDER")


def opened(path):
    """The arrays of a data file that is for this model."""
    again = "export the model again, or name what hrnnc export wrote with  --data"
    try:
        arrays = dict(numpy.load(path))
        shape = arrays["train_x"].shape
    except FileNotFoundError:
        raise SystemExit(f"{path}: there is no such file: {again}")
    except Exception:  # of many kinds, by what is broken
        raise SystemExit(f"{path} is no data of hrnnc export, or a part of them: {again}")
    values = arrays["train_pixels"].shape[1:] if "train_pixels" in arrays else shape[1 if "train_lengths" in arrays else 2:]
    here = () if module.INPUT["tokens"] else (module.INPUT["size"],)
    if values != here:
        raise SystemExit(f"{path} is the data of another model: a step is of shape {list(here)} here and {list(values)} there: {again}")
    return arrays


def changed(settings, pairs):
    """Settings with those of the command line."""
    out = dict(settings)
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key not in out or key in ("loss", "class_weights", "classes"):
            raise SystemExit(f"--set {pair}: the settings are {', '.join(k for k in out if k not in ('loss', 'class_weights', 'classes'))}")
        form, words = FORMS[key]
        try:
            out[key] = value == "yes" if isinstance(out[key], bool) else type(out[key])(value)
            allowed = value in words if words else key == "seed" or LOWEST.get(key, 0) <= out[key] < HIGHEST.get(key, 1e9)
        except ValueError:
            allowed = False
        if value == "macro_f1" and SETTINGS["loss"] == "mse":
            raise SystemExit(f"--set {pair}: it is for classes, and the model gives numbers")
        if not allowed or key in ("rate", "gamma") and not out[key] or key == "weight_limit" and 0 < out[key] < 1 or key == "truncate" and out[key] % 2:
            raise SystemExit(f"--set {pair}: write  {form}")
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--data", default=HERE / "data.npz", type=pathlib.Path, help="the data, as hrnnc export wrote them")
    p.add_argument("--from", dest="start", help="weights to begin with, as safetensors")
    p.add_argument("-o", "--output", default=HERE / "@WEIGHTS@", help="the weights file to write")
    p.add_argument("--run", default=HERE / "run", type=pathlib.Path, help="folder for checkpoint and metrics")
    p.add_argument("--resume", action="store_true", help="go on with the run in that folder")
    p.add_argument("--force", action="store_true", help="replace a run that is there")
    p.add_argument("--finetune", action="store_true", help="train through the rounding of states, from weights with ranges")
    p.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting, as epochs=5")
    p.add_argument("--device", default="auto", help="cpu, cuda, or auto")
    p.add_argument("--float64", action="store_true", help="compute in float64, which tells rounding from mistakes")
    args = p.parse_args()
    world, settings = World(args.device), SETTINGS
    was = checkpoint(args.run) if args.resume and not args.finetune else None
    if was:  # with what was set when it began
        settings = {**SETTINGS, **{k: v for k, v in was["settings"].items() if k in FORMS and k != "loss"}}
    settings = changed(settings, args.set)
    arrays = opened(args.data)
    parts = {name: Part(arrays, name, world.device) for name in ("train", "valid", "test") if name + "_x" in arrays}
    if not pathlib.Path(args.output).parent.is_dir() or pathlib.Path(args.output).is_dir():
        p.error(f"-o {args.output} is in no folder that is there, or is one itself: name a file, as  -o @WEIGHTS@")
    net = Model().to(world.device, torch.float64 if args.float64 else torch.float32)
    if args.finetune:
        if not args.start:
            p.error("--finetune needs weights: add  --from @WEIGHTS@")
        if args.resume:
            p.error("--finetune begins anew each time: leave out --resume, and add --force where a run is there")
        args.run = args.run / "finetune"
    if (args.run / "checkpoint.pt").exists() and not (args.resume or args.force):
        p.error(f"a run is in {args.run} already: go on with --resume, start afresh with --force, or name another folder with --run")
    if not args.run.is_dir() and args.run.exists():
        p.error(f"--run {args.run} is a file: name a folder")
    if world.rank == 0:
        args.run.mkdir(parents=True, exist_ok=True)
    if args.start:
        try:
            net.load(args.start)
        except (OSError, ValueError) as err:
            raise SystemExit(f"--from {args.start}: {err}")
    elif module.MATRICES and not args.resume:
        p.error(f"the recurrent matrix {next(iter(module.MATRICES))} is trained from weights that hold it: add  --from @WEIGHTS@")
    elif not args.resume:
        draw(net, parts, settings, world)
    net.metadata = json.loads(bytes(arrays["metadata"]))
    if args.finetune:
        finetune(net, parts, settings, world, args.run)
    else:
        run = Training(net, parts, settings, world, args.run)
        if was:
            run.resume(was)
        run.go()
    if world.size > 1:
        dist.barrier()  # the best weights are there
    metadata = net.metadata
    net.load(args.run / "best.safetensors")
    net.metadata = metadata
    run = Training(net, parts, settings, world, args.run)
    if not args.finetune:
        run.measure(parts["train"])
    if world.rank == 0:
        net.save(args.output)
    name, part = run.part("test")
    loss, score, accuracy = run.score(part)
    world.say(f"{name}, {net.level} level: loss {loss:.4f}" + ("" if SETTINGS["loss"] == "mse" else f", accuracy {accuracy:.4f}") +
              (f", macro F1 {score:.4f}" if settings["score"] == "macro_f1" else ""))
    world.say(f"weights in {args.output}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("stopped; the same with --resume goes on behind the last epoch that was complete, if there was one")
    except OSError as err:  # a file that is not there, or may not be written
        raise SystemExit(str(err))
    if dist.is_initialized():
        dist.destroy_process_group()
