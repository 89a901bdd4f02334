"""@NAME@: a HadamRNN as a PyTorch module, written by hrnnc. It needs torch alone, 1.13 or later.

    from model import Model
    model = Model()  # random weights
    model.load("@WEIGHTS@")  # or those of hrnnc, with the ranges of the states
    y = model(x)  # x: integers @IN@; y: @OUT@
    model.level = "fixed"  # what a chip computes, in float64: integers times their unit
    model.integers(x)  # those integers
    model.save("@WEIGHTS@")  # which hrnnc compile takes as it is

Parameters have the names of model.hrn and are the values before quantisation; gradients pass straight through it. The state is
transformed with n log n additions. "Numerics" in hrnnc's documentation defines both levels, to the bit.
"""
import array
import functools
import json
import math
import os

import torch
from torch import nn

# @MODEL@


# --- Numbers: rounded forwards, passed straight through backwards ---


class Through(torch.autograd.Function):
    """The value of exact, with the gradient of smooth."""

    @staticmethod
    def forward(ctx, smooth, exact):
        return exact.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def rounded(x):
    """The nearest whole number, a half up."""
    return Through.apply(x, torch.floor(x.detach() + 0.5))


def half_even(x):
    """The nearest whole number, a half to the even one."""
    return Through.apply(x, torch.round(x.detach()))


def shifted(x, by):
    """x >> by, rounded half up; x << -by."""
    return rounded(x * 2.0**-by) if by > 0 else x * 2.0**-by


def quantised(w, kind, between):
    """What a tensor becomes: whole numbers in float64, and the real value of one of them."""
    w = w.detach().double()
    if kind in ("sign", "binary"):
        q = torch.where(w < 0, -torch.ones_like(w), torch.ones_like(w))
        unit = w.abs().mean()
        if kind == "sign":
            unit = torch.ones_like(unit)
        elif between:
            unit = torch.full_like(unit, w.shape[-1] ** -0.5)
        return q, torch.where(unit == 0, torch.ones_like(unit), unit)
    half = 1 if kind == "ternary" else 2 ** (int(kind[3:]) - 1)
    alpha = w.abs().max()
    alpha = torch.where(alpha == 0, torch.ones_like(alpha), alpha)
    q = torch.round(w.float() * (half / alpha).float()).double()  # that the product is float32's is part of the definition
    return q.clamp(-half, max(1, half - 1)), alpha / half


# --- The transform ---


@functools.lru_cache(maxsize=8)
def sum_and_difference(dtype, device):
    """What a stage multiplies the second of a pair by."""
    return torch.tensor([[1.0], [-1.0]], dtype=dtype, device=device)


class Stages:
    """S x for x [units, sequences]: stages of stride 1, 2, 4, ... within every block of units, each an operation from one buffer to
    the other. A result is overwritten by the next call's."""

    def __init__(self, x, block):
        signs, buffers = sum_and_difference(x.dtype, x.device), [torch.empty(x.shape, dtype=x.dtype, device=x.device) for _ in range(2)]
        self.stages, self.result = [], None
        for stage in range(block.bit_length() - 1):
            before, after = (b.view(len(x) >> stage + 1, 2, -1) for b in (buffers[stage - 1 & 1], buffers[stage & 1]))
            self.stages.append((before[:, :1], before[:, 1:], signs, after))
            self.result = buffers[stage & 1]

    def __call__(self, x):
        for stage, (first, second, signs, out) in enumerate(self.stages):
            if stage == 0:
                pairs = x.view(len(x) // 2, 2, -1)
                first, second = pairs[:, :1], pairs[:, 1:]
            torch.addcmul(first, second, signs, out=out)
        return self.result if self.stages else x


def butterflies(x, block, halvings=0):
    """S x for x [units, ...], in memory of its own. Every second stage, the first so many of them, is followed by a halving, half up."""
    shape, signs = x.shape, sum_and_difference(x.dtype, x.device)
    for stage in range(block.bit_length() - 1):
        pairs = x.reshape(shape[0] >> stage + 1, 2, -1)
        x = torch.addcmul(pairs[:, :1], pairs[:, 1:], signs)
        if stage % 2 == 1 and stage // 2 < halvings:
            x = torch.floor(x * 0.5 + 0.5)
    return x.reshape(shape)


def sylvester(units, block):
    """S, as a matrix."""
    return butterflies(torch.eye(units, dtype=torch.float64), block)


class Transform(torch.autograd.Function):
    """S x, which is its own gradient, for S is symmetric."""

    @staticmethod
    def forward(ctx, x, block, halvings):
        ctx.block, ctx.halvings = block, halvings
        return butterflies(x, block, halvings)

    @staticmethod
    def backward(ctx, gradient):
        return butterflies(gradient, ctx.block) * 0.5**ctx.halvings, None, None


# --- The real level ---


class Recurrence(torch.autograd.Function):
    """The states of a layer, h <- factor * (S (h[permute] * presigns))[order] + inflow, behind each step of inflow [units, steps, sequences],
    and the last of them. It is one function, for a graph of single steps takes most of the time of small models."""

    @staticmethod
    def forward(ctx, h, inflow, factor, presigns, permute, order, block):
        states, transform = torch.empty(inflow.shape, dtype=h.dtype, device=h.device), Stages(h, block)
        ctx.block, first = block, h
        ctx.set_materialize_grads(False)
        for flows, state in zip(inflow.unbind(1), states.unbind(1)):
            h = h if permute is None else h[permute]
            h = transform(h if presigns is None else h * presigns)
            h = torch.addcmul(flows, factor, h if order is None else h[order], out=state)
        ctx.save_for_backward(first, inflow, factor, presigns, permute, order, states)
        return states, h.clone()

    @staticmethod
    def backward(ctx, gradients, gradient):
        first, inflow, factor, presigns, permute, order, states = ctx.saved_tensors
        flows, transform = torch.empty(states.shape, dtype=states.dtype, device=states.device), Stages(first, ctx.block)
        back, forth = (None if p is None else p.argsort() for p in (order, permute))
        difference, of_factor, of_presigns = torch.empty_like(first), torch.zeros_like(first), torch.zeros_like(first)
        before, gradient = (first, *states.unbind(1)), torch.zeros_like(first) if gradient is None else gradient
        for t, (flow, into) in reversed(list(enumerate(zip(flows.unbind(1), inflow.unbind(1))))):
            flow.copy_(gradient) if gradients is None else torch.add(gradients[:, t], gradient, out=flow)
            of_factor.addcmul_(flow, torch.sub(before[t + 1], into, out=difference))  # what was transformed, but for the factor
            gradient = torch.mul(flow, factor, out=difference)
            gradient = transform(gradient if back is None else gradient[back])
            if presigns is not None:
                of_presigns.addcmul_(gradient, before[t] if permute is None else before[t][permute])
                gradient = gradient * presigns
            gradient = gradient if forth is None else gradient[forth]
        of_presigns = None if presigns is None else of_presigns.sum(1, keepdim=True)
        return gradient.clone(), flows, of_factor.sum(1, keepdim=True) / factor, of_presigns, None, None, None


class Real:
    """The weights of a call as the real level uses them, and its steps t = 1, 2, ... States, and what flows into them, are [units, steps,
    sequences]."""

    def __init__(self, model):
        self.model, self.dtype = model, model.dtype()
        self.layers = [self.constants(layer) for layer in LAYERS]
        self.matrix, self.bias = model.used(READOUT["matrix"]), model.used(READOUT["bias"])

    def constants(self, layer):
        use = self.model.used
        factor = use(layer["signs"]) * layer["block"] ** -0.5
        if layer["leak"]:
            factor = factor * (1 - leaks(layer, factor))
        presigns = use(layer["presigns"])
        bias = sum(use(b) for b in layer["biases"]) if layer["biases"] else torch.zeros_like(factor)
        return dict(factor=factor[:, None], presigns=None if presigns is None else presigns[:, None], bias=bias[:, None],
                    permute=self.model.get(layer["permute"]), order=self.model.get(layer["order"]), matrix=use(layer["matrix"]), embed=use(layer["embed"]))

    def inflow(self, i, x, below, t):
        """What flows into layer i at each step of x [sequences, steps, ...], the first of which is t, or from the states below it."""
        layer, c = LAYERS[i], self.layers[i]
        shape = layer["units"], x.shape[1], len(x)
        if c["matrix"] is None:
            return c["bias"][:, :, None].expand(shape)
        if layer["source"] == "onehot":
            return (columns(c["matrix"], x) + c["bias"]).reshape(shape)
        if below is not None:
            entries = (torch.relu(below) if layer["relu"] else below).flatten(1)
        else:
            entries = flat(c["embed"][x] if layer["source"] == "embed" else x.to(self.dtype) * INPUT["scale"])
        return torch.addmm(c["bias"], c["matrix"], entries).reshape(shape)

    def states(self, i, h, inflow, t):
        """The states of layer i behind each step, the first of which is t, and the last of them, from h [units, sequences]."""
        c = self.layers[i]
        return Recurrence.apply(h, inflow, c["factor"], c["presigns"], c["permute"], c["order"], LAYERS[i]["block"])

    def readout(self, h, t):
        """The outputs [sequences, steps, outputs] of states that have been through read, the first of them behind step t."""
        y = (self.matrix @ h.flatten(1)).reshape(len(self.matrix), *h.shape[1:]).permute(2, 1, 0)
        return y if self.bias is None else y + self.bias

    def mean(self, sums, steps):
        """The mean of the outputs, whose states are added up apart for even and odd t."""
        return self.readout((sums[0] + sums[1])[:, None] / steps, 0)[:, 0]

    def unit(self, t):
        """The real value of one of an output."""
        return 1.0


def read(h):
    return torch.relu(h) if READOUT["relu"] else h


def flat(x):
    """[sequences, steps, entries] to [entries, steps * sequences]."""
    return x.permute(2, 1, 0).flatten(1)


def columns(matrix, tokens):
    """The columns of a matrix that tokens [sequences, steps] name, [rows, steps * sequences]."""
    return matrix[:, tokens.t().reshape(-1)]


def leaks(layer, like):
    """The part of every unit that leaks away in a step."""
    runs = torch.tensor(layer["leak"], dtype=torch.float64)
    return (2.0 ** -runs.repeat_interleave(layer["units"] // len(runs))).to(like)


# --- The fixed level ---


class TooWide(Exception):
    """A model whose integers float64 cannot hold."""


def within(most, what):
    """Refuses integers of 2^53 and more, which float64 would round."""
    if most >= 2**53:
        raise TooWide(f"{what} takes integers of {math.ceil(math.log2(most)) + 1} bits, and float64 holds 53: take fewer bits of "
                      f"states or weights; hrnnc run --level fixed computes them")


@functools.lru_cache(maxsize=64)
def times_root2(f, low, high):
    """round(sqrt(2) * 2^f * X) for every X from low to high, exactly."""
    whole = lambda x: (math.isqrt(x * x << 2 * f + 3) + 1) >> 1
    return torch.tensor([whole(x) if x >= 0 else -whole(-x) for x in range(low, high + 1)], dtype=torch.float64)


class Fixed(Real):
    """The same in the integers of the fixed level, in float64. One of a state is worth units[state] * mu(t): units of blocks of an odd
    power of two alternate."""

    def __init__(self, model):
        self.units, self.shifts = {}, model.shifts()
        super().__init__(model)
        self.dtype = torch.float64
        state = layer_of(READOUT["state"])
        self.matrix, unit = model.whole(READOUT["matrix"])
        self.alternates, self.output = alternates(state), self.units[state["state"]] * float(unit)
        bias = model.get(READOUT["bias"])
        bias = self.matrix.new_zeros(len(self.matrix)) if bias is None else bias.double()
        self.bias = [half_even(bias / self.unit(t)) for t in (0, 1)]
        most = rows(self.matrix) * 2 ** (state["bits"] - 1) + largest(self.bias[1])
        steps = (OUTPUT["steps"] or 1) * 23170 if OUTPUT["when"] == "mean" and self.alternates else OUTPUT["steps"] or 1
        within(most * (steps if OUTPUT["when"] == "mean" else 1), "an output")

    def constants(self, layer):
        model, name, turns = self.model, layer["state"], alternates(layer)
        unit = self.units[name] = model.inflow_unit(layer, self.units) * 2.0 ** -self.shifts[name]
        signs, presigns = (model.whole(layer[name])[0] for name in ("signs", "presigns"))
        bias = model.bias(layer)
        bias = torch.zeros_like(signs) if bias is None else bias
        bias = [half_even(bias / (unit * mu(turns, t)))[:, None] for t in (0, 1)]
        stages = layer["block"].bit_length() - 1
        c = dict(signs=signs[:, None], permute=model.get(layer["permute"]), order=model.get(layer["order"]),
                 presigns=None if presigns is None else presigns[:, None],
                 matrix=model.whole(layer["matrix"])[0], embed=model.whole(layer["embed"])[0], e=self.shifts[name], f=0,
                 bias=bias, shift=[stages - stages // 2 if turns else stages // 2, stages // 2])
        within(layer["block"] * 2.0 ** (layer["bits"] - 1), f"the transform of {name}")
        if c["matrix"] is None:
            return c
        if turns and layer["source"] not in STATES:
            c["f"] = max(0, c["e"] + weight_bits(layer["matrix"]) + (c["matrix"].shape[1] - 1).bit_length())
        c["low"], c["high"] = (INPUT["low"], INPUT["high"]) if layer["source"] == "input" else (0, 1)
        if layer["source"] == "embed":
            c["low"], c["high"] = -int(largest(c["embed"])), int(largest(c["embed"]))
        most = max(-c["low"], c["high"]) * (1.5 * 2.0 ** c["f"] if turns else 1)
        if layer["source"] in STATES:
            most = 2.0 ** (layer_of(layer["source"])["bits"] - 1) * 46341
        within(most * (largest(c["matrix"]) if layer["source"] == "onehot" else rows(c["matrix"])), f"what flows into {name}")
        return c

    def inflow(self, i, x, below, t):
        layer, c = LAYERS[i], self.layers[i]
        even, odd = ((t + torch.arange(x.shape[1], device=x.device)) % 2 == phase for phase in (0, 1))
        bias = torch.where(even, c["bias"][0], c["bias"][1])[:, :, None]
        if c["matrix"] is None:
            return bias.expand(layer["units"], x.shape[1], len(x))
        if below is not None:
            v = c["matrix"] @ (torch.relu(below) if layer["relu"] else below).flatten(1)
            v, turns = v.reshape(layer["units"], x.shape[1], len(x)), alternates(layer)
            if turns != alternates(layer_of(layer["source"])):  # the two units do not alternate alike
                turned = torch.floor(v.detach() * (46341 if turns else 23170) / 2**15 + 0.5)
                v = torch.where(odd[:, None], Through.apply(v * 2.0 ** (0.5 if turns else -0.5), turned), v)
            return shifted(v, -c["e"]) + bias
        v = self.product(layer, c, x, 0)
        return (torch.where(odd[:, None], self.product(layer, c, x, 1), v) if alternates(layer) else v) + bias

    def product(self, layer, c, x, phase):
        """matrix * x in the unit of the state, as it is at even or at odd t."""
        f = c["f"] if phase else 0
        odd = phase and alternates(layer)
        if layer["source"] == "onehot":
            product = columns(c["matrix"], x) * (times_root2(f, 1, 1).item() if odd else 1.0)
        else:
            entries = flat(c["embed"][x] if layer["source"] == "embed" else x.to(self.dtype))
            if odd:
                table = times_root2(f, c["low"], c["high"]).to(entries.device)
                entries = Through.apply(entries * (math.sqrt(2) * 2.0**f), table[entries.detach().long() - c["low"]])
            product = c["matrix"] @ entries
        return shifted(product, f - c["e"]).reshape(layer["units"], x.shape[1], len(x))

    def states(self, i, h, inflow, t):
        out = []
        for flows in inflow.unbind(1):
            h = self.step(i, h, flows, t + len(out))
            out.append(h)
        return torch.stack(out, 1), h

    def step(self, i, h, inflow, t):
        layer, c = LAYERS[i], self.layers[i]
        shift, halvings = c["shift"][t & 1], 0
        if layer["staged"]:
            halvings = min(shift, (layer["block"].bit_length() - 1) // 2)
        h = h if c["permute"] is None else h[c["permute"]]
        h = Transform.apply(h if c["presigns"] is None else h * c["presigns"], layer["block"], halvings)
        r = shifted(h if c["order"] is None else h[c["order"]], shift - halvings)
        if layer["leak"]:
            r = r - rounded(r * leaks(layer, r)[:, None])
        high = 2.0 ** (layer["bits"] - 1)
        return torch.clamp(c["signs"] * r + inflow, -high, high - 1)

    def readout(self, h, t):
        y = (self.matrix @ h.flatten(1)).reshape(len(self.matrix), *h.shape[1:]).permute(2, 1, 0)
        return y + torch.stack([self.bias[t + j & 1] for j in range(h.shape[1])])

    def mean(self, sums, steps):
        """The sum of the outputs, at the unit of even t."""
        even, odd = ((self.matrix @ sums[phase]).t() + self.bias[phase] * ((steps + phase) // 2) for phase in (0, 1))
        if self.alternates:
            odd = Through.apply(odd * 0.5**0.5, torch.floor(odd.detach() * 23170 / 2**15 + 0.5))
        return even + odd

    def unit(self, t):
        return self.output * mu(self.alternates, t)


def mu(turns, t):
    """What the unit of even steps is multiplied by at step t, where it alternates."""
    return math.sqrt(2) / 2 if turns and t & 1 else 1.0


def alternates(layer):
    """Whether the unit of a state does: the order of its blocks is an odd power of two."""
    return layer["block"].bit_length() % 2 == 0


def weight_bits(name):
    kind = TENSORS[name][0]
    return 1 if kind in ("binary", "ternary") else int(kind[3:])


def layer_of(state):
    return next(layer for layer in LAYERS if layer["state"] == state)


def largest(w):
    return float(w.detach().abs().max())


def rows(w):
    """The largest sum of magnitudes in a row."""
    return float(w.detach().abs().sum(1).max())


# --- The module ---


class Model(nn.Module):
    """The model. level is "real", or "fixed", which needs the ranges of the states: load, or measure, has them."""

    CHUNK = 64  # steps whose inputs are multiplied at once

    def __init__(self, seed=0):
        super().__init__()
        self.level = "real"
        self.ranges = {layer["state"]: layer["range"] for layer in LAYERS if layer["range"]}  # the largest |h|
        self.metadata = {}  # of the weights file: gains of the input, names of classes, words
        self.frozen = None  # e of every state, where it must not change with the weights: freeze
        for name, (kind, shape, _) in TENSORS.items():
            *path, leaf = name.split(".")
            at = self
            for part in path:
                at = at._modules.setdefault(part, nn.Module())
            if kind == "index":
                at._buffers[leaf] = torch.zeros(shape, dtype=torch.long)
            else:
                at._parameters[leaf] = nn.Parameter(torch.zeros(shape))  # by hand: it may be called like a method of modules
        self.initialise(seed)

    # Parameters

    def get(self, name):
        """A tensor by its name in model.hrn, None by None."""
        if name is None:
            return None
        *path, leaf = name.split(".")
        at = self
        for part in path:
            at = at._modules[part]
        return at._buffers[leaf] if TENSORS[name][0] == "index" else at._parameters[leaf]

    def signs(self):
        """The parameters that are signs."""
        return [self.get(name) for name, (kind, _, _) in TENSORS.items() if kind == "sign"]

    def classes(self):
        """The names of the classes, where the model or its weights say them."""
        return LABELS or json.loads(self.metadata.get("output.classes", "[]"))

    def dtype(self):
        return self.get(READOUT["matrix"]).dtype

    def used(self, name):
        """What the real level computes with: a tensor as it is quantised; its gradient is that of the tensor."""
        w = self.get(name)
        if w is None or TENSORS[name][0] == "real":
            return w
        kind, _, between = TENSORS[name]
        q, unit = quantised(w, kind, between)
        return Through.apply(w * float(unit) if between and kind == "binary" else w, q.to(w) * unit.to(w))

    def whole(self, name):
        """A tensor's whole numbers, and the real value of one of them."""
        w = self.get(name)
        if w is None:
            return None, None
        kind, _, between = TENSORS[name]
        q, unit = quantised(w, kind, between)
        return Through.apply(w.double() if between and kind == "binary" else w.double() / unit, q), unit

    def bias(self, layer):
        """The sum of a layer's biases, in float64, or None."""
        return sum(self.get(b).double() for b in layer["biases"]) if layer["biases"] else None

    def inflow_unit(self, layer, units):
        """The real value of one in the product that flows into a layer, from the units of the states below."""
        if not layer["matrix"]:
            return largest(self.bias(layer)) or 1.0 if layer["biases"] else 1.0
        unit = float(self.whole(layer["matrix"])[1])
        if layer["source"] in STATES:
            return units[layer["source"]] * unit
        if layer["source"] == "embed":
            return unit * float(self.whole(layer["embed"])[1])
        return unit * (INPUT["scale"] if layer["source"] == "input" else 1.0)

    def shifts(self):
        """e of every state, one of whose integers is worth 2^-e of one in what flows in."""
        if self.frozen is not None:
            return self.frozen
        units, out = {}, {}
        for layer in LAYERS:
            name, base = layer["state"], self.inflow_unit(layer, units)
            if not self.ranges.get(name):
                raise ValueError(f"the range of state {name} is not known: load weights that have it, as hrnnc calibrate writes, or call measure(x)")
            most = self.ranges[name] * (math.sqrt(2) if alternates(layer) else 1.0)
            out[name] = math.floor(math.log2(2.0 ** (layer["bits"] - 1 - layer["headroom"]) / (most / base)))
            units[name] = base * 2.0 ** -out[name]
        return out

    def freeze(self):
        """Keeps e of every state while the weights change, and lets the ranges grow with the units."""
        self.frozen, self.frozen_units = None, None
        self.frozen = self.shifts()
        self.frozen_ranges, self.frozen_units = dict(self.ranges), self.inflow_units()

    def inflow_units(self):
        """The real value of one in what flows into every state."""
        units, out = {}, {}
        for layer in LAYERS:
            name = layer["state"]
            out[name] = self.inflow_unit(layer, units)
            units[name] = out[name] * 2.0 ** -self.frozen[name]
        return out

    # Running

    def start(self, sequences):
        """States of zero."""
        dtype = torch.float64 if self.level == "fixed" else self.dtype()
        return [torch.zeros(sequences, layer["units"], dtype=dtype, device=self.get(READOUT["matrix"]).device) for layer in LAYERS]

    def forward(self, x, states=None):
        """Outputs [sequences, outputs], or [sequences, steps, outputs] where there is one at every step, for integers x [sequences,
        steps, entries] or tokens [sequences, steps]. Given states, of start or a call before, it gives those behind x too; all
        calls but the last then take an even number of steps."""
        if states is not None:
            return self.run(x, states)
        return self.answers(x)[0]

    def integers(self, x):
        """The outputs of the fixed level as whole numbers; a mean is the sum over the steps."""
        was, self.level = self.level, "fixed"
        try:
            with torch.no_grad():
                return self.answers(x, whole=True)[0].long()
        finally:
            self.level = was

    def answers(self, x, whole=False):
        """Outputs, and of every step the number of inputs that the state behind it has seen: with  restart  the oldest copy's."""
        length = x.shape[1]
        ages = list(range(1, length + 1))
        if not RESTART or length <= RESTART[0]:
            return self.run(x, None, whole)[0], ages
        # A copy that starts at a multiple of hop answers from where it is the oldest: the model on windows.
        window, hop = RESTART
        starts = list(range(hop, length - window + hop, hop))
        if OUTPUT["when"] != "every":
            return self.run(x[:, starts[-1]:], None, whole)[0], [length - starts[-1]]
        padded = torch.cat([x, x[:, -1:].expand(-1, hop, *x.shape[2:])], 1)
        y = self.run(torch.cat([padded[:, s:s + window] for s in starts]), None, whole)[0][:, window - hop:]
        y = y.reshape(len(starts), len(x), hop, -1).transpose(0, 1).reshape(len(x), len(starts) * hop, -1)
        first = self.run(x[:, :window], None, whole)[0]
        return torch.cat([first, y], 1)[:, :length], [t if t <= window else window - hop + 1 + (t - window - 1) % hop for t in ages]

    def run(self, x, states=None, whole=False, watch=None):
        """Outputs and the states behind them. watch is called with the number of a layer and its states [units, steps, sequences]."""
        entries = [] if INPUT["tokens"] else [INPUT["size"]]
        if list(x.shape[2:]) != entries or x.dim() < 2:
            raise ValueError(f"x is {list(x.shape)}, and the model reads [sequences, steps{', %d' % entries[0] if entries else ''}]")
        if self.level not in ("real", "fixed"):
            raise ValueError(f'level is {self.level!r}, and may be "real" or "fixed"')
        level = (Fixed if self.level == "fixed" else Real)(self)
        h = [s.t().contiguous() for s in states or self.start(len(x))]
        outputs, length, last = [], x.shape[1], READOUT["layer"]
        sums = [torch.zeros_like(h[last])] * 2
        for t in range(1, length + 1, self.CHUNK):
            piece, course = x[:, t - 1:t - 1 + self.CHUNK], {}  # and the states behind each of its steps
            for i, layer in enumerate(LAYERS):
                inflow = level.inflow(i, piece, course.get(layer["source"]), t)
                course[layer["state"]], h[i] = level.states(i, h[i], inflow, t)
                if watch:
                    watch(i, course[layer["state"]])
            if OUTPUT["when"] == "mean":
                states = read(course[READOUT["state"]])
                sums = [total + states[:, (phase - t) % 2::2].sum(1) for phase, total in enumerate(sums)]
            elif OUTPUT["when"] == "every":
                y = level.readout(read(course[READOUT["state"]]), t)
                outputs.append(y if whole else y * y.new_tensor([level.unit(t + j) for j in range(y.shape[1])])[:, None])
        if OUTPUT["when"] == "mean":
            y = level.mean(sums, length)
            if self.level == "fixed" and not whole:
                y = y * (level.unit(0) / length)
        elif OUTPUT["when"] == "every":
            y = torch.cat(outputs, 1)
        else:
            y = level.readout(read(h[last])[:, None], length)[:, 0]
            y = y if whole else y * level.unit(length)
        return y, [s.t() for s in h]

    def decisions(self, x):
        """What the model decides: classes, a bit for every output that is above its threshold, or the outputs themselves."""
        with torch.no_grad():
            y, ages = self.answers(x, whole=self.level == "fixed")
            if OUTPUT["decision"] == "logits":
                return y
            units = [1.0] * len(ages)
            if self.level == "fixed":
                level = Fixed(self)
                units = [level.unit(t) for t in ages]
                if OUTPUT["when"] == "mean":
                    units = [level.unit(0) / (OUTPUT["steps"] or ages[-1])]
            if OUTPUT["decision"] == "argmax":
                return y.argmax(-1) if not DECIDE else decided(y, units, self.level == "fixed", self.classes())
            most = [OUTPUT["threshold"] / u for u in units]
            if self.level == "fixed":
                most = [math.floor(m) for m in most]
            most = torch.tensor(most if OUTPUT["when"] == "every" else most[-1:], dtype=torch.float64, device=y.device)
            return y.double() > (most[:, None] if OUTPUT["when"] == "every" else most)

    @torch.no_grad()
    def measure(self, x):
        """Takes the largest |h| on some sequences into the ranges; clear them first where they are not to grow."""
        was, self.level = self.level, "real"

        def watch(i, h):
            name = LAYERS[i]["state"]
            self.ranges[name] = max(self.ranges.get(name, 0.0), largest(h))

        self.run(x, watch=watch)
        self.level = was
        return self.ranges

    # Beginning

    @torch.no_grad()
    def initialise(self, seed, balanced=False):
        """Random weights, as hrnnc train draws them, by other numbers: balanced makes half of the signs of each block negative."""
        rng = torch.Generator().manual_seed(seed)
        tables = [layer["embed"] for layer in LAYERS]
        for name, (kind, shape, _) in TENSORS.items():
            w = self.get(name)
            if kind == "index":
                w.copy_(torch.randperm(shape[0], generator=rng))
            elif name in tables:
                w.copy_(torch.randn(shape, generator=rng))
            else:
                limit = shape[-1] ** -0.5 if name != READOUT["bias"] else layer_of(READOUT["state"])["units"] ** -0.5
                if kind == "sign":
                    limit = math.sqrt(6 / (1 + shape[0]))
                elif len(shape) == 2:
                    limit = math.sqrt(6 / sum(shape))
                w.copy_((2 * torch.rand(shape, generator=rng) - 1) * limit)
        for name, m in MATRICES.items():
            for part in ("order", "permute"):
                self.get(f"{name}/{part}").copy_(torch.tensor(m[part]))
        for layer in LAYERS if balanced else []:
            self.balance(layer, rng)

    def balance(self, layer, rng, draws=16, steps=1024):
        """Draws which signs are negative, half of each block, so that constant inputs do not add up: of several draws the calmest."""
        block, blocks = layer["block"], layer["units"] // layer["block"]
        if block == 1:
            return
        order = torch.rand(draws, blocks, block, generator=rng).argsort(-1)
        drawn = torch.where(order < block // 2, -1.0, 1.0)
        inputs = torch.randn(block, 16, generator=rng).repeat(draws * blocks, 1)
        factor, h, response, transform = drawn.reshape(-1, 1) * block**-0.5, torch.zeros_like(inputs), 0.0, Stages(inputs, block)
        for _ in range(steps):
            h = torch.addcmul(inputs, factor, transform(h))
            response = response + (h * h).sum(1).reshape(draws, blocks, block).sum(2)
        signs, presigns = self.get(layer["signs"]), self.get(layer["presigns"])
        best = drawn[response.argmin(0), torch.arange(blocks)].reshape(-1).to(signs)
        if presigns is not None:
            best = torch.where(presigns < 0, -best, best)
        signs.copy_(torch.where(best < 0, -signs.abs(), signs.abs()))

    # Files

    @torch.no_grad()
    def load(self, path):
        """Takes the weights of a safetensors file, and what it says beside them, ranges included."""
        tensors, metadata = read_safetensors(path)
        for name in MATRICES:
            if name in tensors:
                tensors.update(self.parts(name, tensors.pop(name), path))
        for name, (kind, shape, _) in TENSORS.items():
            if name not in tensors:
                raise ValueError(f"{path} has no tensor {name.split('/')[0]}; it has {', '.join(sorted(tensors))}")
            value, into = tensors[name], self.get(name)
            if [n for n in value.shape if n != 1] != [n for n in shape if n != 1]:
                raise ValueError(f"{path}: tensor {name} is {list(value.shape)}, and the model's is {shape}")
            if kind in ("sign", "binary") and value.dtype in (torch.uint8, torch.bool):
                value = value.double() * 2 - 1  # types without a minus: 0 is -1
            into.copy_(value.reshape(shape).to(into.dtype))
        self.metadata = {k: v for k, v in metadata.items() if not k.startswith("range.")}
        for layer in LAYERS:
            text = metadata.get("range." + layer["state"])
            if text and not layer["range"]:
                self.ranges[layer["state"]] = float(text)
        return self

    def save(self, path):
        """Writes weights and ranges as a safetensors file, which hrnnc compile takes as it is."""
        ranges = self.ranges
        if self.frozen:
            now = self.inflow_units()
            ranges = {state: most * now[state] / self.frozen_units[state] for state, most in self.frozen_ranges.items()}
        metadata = dict(self.metadata, **{"range." + state: repr(float(most)) for state, most in ranges.items()})
        tensors = {name: self.get(name).detach() for name in TENSORS if "/" not in name}
        write_safetensors(path, dict(tensors, **{name: self.matrix(name) for name in MATRICES}), metadata)

    def matrix(self, name):
        """A recurrent matrix W, as its signs are now: W[i, permute[c]] = signs[i] S[order[i], c] presigns[c] / sqrt(block)."""
        block, n = MATRICES[name]["block"], len(MATRICES[name]["order"])
        signs, presigns = (self.whole(f"{name}/{part}")[0].cpu() for part in ("signs", "presigns"))
        w = torch.empty(n, n, dtype=torch.float64)
        w[:, MATRICES[name]["permute"]] = signs[:, None] * sylvester(n, block)[MATRICES[name]["order"]] * presigns
        return w * block**-0.5

    def parts(self, name, w, path):
        """The parts of a recurrent matrix: its signs, where its entries stand as in the one that model.py was written for."""
        block, order, permute = MATRICES[name]["block"], torch.tensor(MATRICES[name]["order"]), torch.tensor(MATRICES[name]["permute"])
        n = len(order)
        if w.numel() != n * n:
            raise ValueError(f"{path}: tensor {name} is {list(w.shape)}, and the model's is {[n, n]}")
        signs = w.double().reshape(n, n)[order.argsort()][:, permute] * sylvester(n, block) * block**0.5  # [row, column] of S, each +1 or -1
        first = torch.arange(n) // block * block  # of its block
        rows, columns = signs[torch.arange(n), first], signs[first, torch.arange(n)] * signs[first, first]
        outer = torch.sign(rows)[:, None] * torch.sign(columns) * sylvester(n, block).abs()
        if not bool(((signs - outer).abs() < 0.02).all()):
            raise ValueError(f"{path}: tensor {name} is no signed Hadamard matrix whose entries stand as in the one that model.py was "
                             f"written for: export the model again with  --weights {path}")
        return {f"{name}/signs": torch.sign(rows)[order], f"{name}/presigns": torch.sign(columns), f"{name}/order": order, f"{name}/permute": permute}


def decided(y, units, fixed, classes):
    """The decide block: one class a step of scores y [sequences, steps, classes] of which one is worth units[step]."""
    start = DECIDE["start"]
    if isinstance(start, str):
        start = classes.index(start)
    smooth, lead = DECIDE["smooth"], math.log(DECIDE["threshold"] / (1 - DECIDE["threshold"]))
    even = max(units)
    margin = max(1.0, float(round(lead / even * smooth))) if fixed else lead
    average, out, rest, current = None, [], None, None
    for step in range(y.shape[1]):
        scores = y[:, step].double()
        if fixed and units[step] < even * 0.9:
            scores = torch.floor((181 * scores + 128) / 256)
        if average is None:
            average = scores * smooth if fixed else scores
        elif fixed:
            average = average - torch.floor((average + smooth // 2) / smooth) + scores
        else:
            average = average + (scores - average) / smooth
        best = average.argmax(-1)
        if current is None:
            current = best if start is None else torch.full_like(best, start)
            rest = torch.zeros_like(best)
        else:
            over = (average.gather(1, best[:, None]) - average.gather(1, current[:, None]))[:, 0]
            change = (over > 0) & (over >= margin) & (rest == 0)
            rest = torch.where(change, torch.full_like(rest, DECIDE["hold"]), (rest - 1).clamp(min=0))
            current = torch.where(change, best, current)
        out.append(current)
    return torch.stack(out, 1)


# --- Safetensors: eight bytes of length, a header in JSON, the values ---

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64, "I32": torch.int32,
          "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}


def read_safetensors(path):
    """The tensors of a file by name, and its metadata."""
    with open(path, "rb") as file:
        data = file.read()
    size = 8 + int.from_bytes(data[:8], "little")
    try:
        header = json.loads(data[8:size])
        whole = size + max((e["data_offsets"][1] for n, e in header.items() if n != "__metadata__"), default=0) <= len(data)
    except (ValueError, AttributeError, KeyError, TypeError):
        raise ValueError(f"{path} is no safetensors file, or a part of one") from None
    if not whole:
        raise ValueError(f"{path} is a part of a safetensors file: copy or save it again")
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        raw = bytearray(data[size + first:size + last])
        kind = DTYPES.get(entry["dtype"])
        if kind is None:
            raise ValueError(f"{path}: tensor {name} is of type {entry['dtype']}, and may be of {', '.join(DTYPES)}: save it as F32")
        flat = torch.frombuffer(raw, dtype=kind) if raw else torch.empty(0, dtype=kind)
        if flat.numel() != math.prod(entry["shape"]):
            raise ValueError(f"{path}: tensor {name} has {flat.numel()} values, and its shape is {entry['shape']}: save it again")
        tensors[name] = flat.reshape(entry["shape"])
    return tensors, metadata


def write_safetensors(path, tensors, metadata):
    """Writes tensors as float32."""
    header, at, parts = {"__metadata__": metadata} if metadata else {}, 0, []
    for name in sorted(tensors):
        part = array.array("f", tensors[name].reshape(-1).tolist()).tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [at, at + len(part)]}
        at += len(part)
        parts.append(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(f"{path}.tmp", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(parts))
    os.replace(f"{path}.tmp", path)  # whole or not at all
