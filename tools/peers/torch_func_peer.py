"""The training in PyTorch with torch.func: vmap(grad) of a module over stacked parameters.

As in PyTorch's tutorial "Model ensembling"; the optimizer is torch.optim's, fused, on the stacks.
"""

import torch
from torch.func import functional_call, grad, vmap

from problem import Networks
from torch_loop_peer import module_of


class Trainer:
    version = f"torch {torch.__version__}"

    def __init__(self, networks, x, labels, optimizer, learning_rate, device):
        base = module_of([w[0] for w in networks.weights], [b[0] for b in networks.biases]).to("meta")
        stacks = [s for layer in zip(networks.weights, networks.biases) for s in layer]
        self._parameters = {
            name: torch.nn.Parameter(torch.tensor(stack, device=device))
            for (name, _), stack in zip(base.named_parameters(), stacks, strict=True)
        }
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer]
        self._optimizer = kind(self._parameters.values(), lr=learning_rate, fused=True)
        self._x = torch.tensor(x, device=device)
        self._labels = torch.tensor(labels, device=device)

        def loss_and_logits(parameters, x, labels):
            logits = functional_call(base, parameters, (x,))[:, 0]
            return torch.nn.functional.binary_cross_entropy_with_logits(logits, labels), logits

        self._gradients_of = vmap(grad(loss_and_logits, has_aux=True), in_dims=(0, None, None))

    def train(self, steps):
        """Trains and waits. @returns the logits before each update (steps, networks, samples)"""
        history = []
        for _ in range(steps):
            with torch.no_grad():  # torch.func keeps its own record
                gradients, logits = self._gradients_of(self._parameters, self._x, self._labels)
            for name, parameter in self._parameters.items():
                parameter.grad = gradients[name]
            self._optimizer.step()
            history.append(logits)
        return torch.stack(history).cpu()

    def networks(self):
        stacks = [p.detach().cpu().numpy() for p in self._parameters.values()]
        return Networks(stacks[0::2], stacks[1::2])
