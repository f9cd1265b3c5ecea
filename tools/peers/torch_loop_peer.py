"""The training in PyTorch, one network at a time: nn.Module, autograd and torch.optim."""

import numpy as np
import torch

from problem import Networks


def module_of(weights, biases):
    """@param weights, biases  one network's, by layer"""
    layers = []
    for w, b in zip(weights, biases):
        linear = torch.nn.Linear(w.shape[1], w.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w))
            linear.bias.copy_(torch.from_numpy(b))
        layers += [linear, torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


class Trainer:
    version = f"torch {torch.__version__}"

    def __init__(self, networks, x, labels, optimizer, learning_rate, device):
        self._modules = [
            module_of([w[k] for w in networks.weights], [b[k] for b in networks.biases]).to(device)
            for k in range(len(networks))
        ]
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer]
        self._optimizers = [kind(m.parameters(), lr=learning_rate, fused=True) for m in self._modules]
        self._x = torch.tensor(x, device=device)
        self._labels = torch.tensor(labels, device=device)[:, None]
        self._loss = torch.nn.BCEWithLogitsLoss()

    def train(self, steps):
        """Trains and waits. @returns the logits before each update (steps, networks, samples)"""
        shape = (len(self._modules), steps, len(self._x))
        logits = torch.empty(shape, device=self._x.device)
        for k, (module, optimizer) in enumerate(zip(self._modules, self._optimizers)):
            for step in range(steps):
                optimizer.zero_grad(set_to_none=True)
                output = module(self._x)
                self._loss(output, self._labels).backward()
                optimizer.step()
                logits[k, step] = output.detach()[:, 0]
        return logits.transpose(0, 1).cpu()

    def networks(self):
        linears = [[l for l in module if isinstance(l, torch.nn.Linear)] for module in self._modules]
        layers = list(zip(*linears))
        return Networks([np.stack([l.weight.detach().cpu().numpy() for l in layer]) for layer in layers],
                        [np.stack([l.bias.detach().cpu().numpy() for l in layer]) for layer in layers])
