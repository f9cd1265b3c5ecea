"""What every peer is given: a training job, its networks' weights and its data."""

import dataclasses
import itertools
import json
import pathlib

import numpy as np


@dataclasses.dataclass(frozen=True)
class Job:
    """Many tanh networks of one shape that learn two classes from all samples at every step."""

    width: int
    depth: int  # hidden layers
    batch: int  # samples, all of them in every step
    optimizer: str  # "sgd" or "adam"
    learning_rate: float
    networks: int

    @property
    def layer_sizes(self):
        return [2] + [self.width] * self.depth + [1]

    @property
    def parameters(self):
        """Weights and biases of one network."""
        return sum((fan_in + 1) * fan_out for fan_in, fan_out in itertools.pairwise(self.layer_sizes))

    def __str__(self):
        return (f"width {self.width}, depth {self.depth}, {self.batch} samples, {self.optimizer},"
                f" {self.networks} networks")


@dataclasses.dataclass
class Networks:
    """Weights as every peer receives and returns them.

    weights[l] (networks, fan_out, fan_in) and biases[l] (networks, fan_out), float32.
    """

    weights: list
    biases: list

    def __len__(self):
        return len(self.biases[0])

    def part(self, chosen):
        """The networks of a slice or an array of indices."""
        return Networks([w[chosen] for w in self.weights], [b[chosen] for b in self.biases])


def draw_networks(job, seed):
    """W_ij ~ N(0, 1 / fan_in), biases 0."""
    random = np.random.default_rng(seed)
    weights, biases = [], []
    for fan_in, fan_out in itertools.pairwise(job.layer_sizes):
        w = random.standard_normal((job.networks, fan_out, fan_in), dtype=np.float32)
        weights.append(w / np.float32(fan_in**0.5))
        biases.append(np.zeros((job.networks, fan_out), np.float32))
    return Networks(weights, biases)


def losses(logits, labels):
    """Mean binary cross-entropy. @param logits (..., samples) @param labels (samples), 0 or 1"""
    logits = np.asarray(logits, np.float64)
    return np.mean(np.logaddexp(0, logits) - labels * logits, axis=-1)


def accuracies(logits, labels):
    return np.mean((logits > 0) == (labels > 0.5), axis=-1)


def read_safetensors(path):
    """@returns the arrays of a safetensors file by name"""
    types = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}
    content = pathlib.Path(path).read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = np.frombuffer(content[start + begin:start + end], types[entry["dtype"]])
        arrays[name] = flat.reshape(entry["shape"])
    return arrays


def networks_of_traces(traces, when):
    """Weights of several traces of one shape. @param when "initial" or "final" """
    layers = sum(1 for name in traces[0] if name.startswith(f"{when}.W."))

    def stack(kind):
        return [np.stack([trace[f"{when}.{kind}.{l}"] for trace in traces]) for l in range(1, layers + 1)]

    return Networks(stack("W"), stack("b"))
