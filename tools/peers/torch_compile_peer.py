"""The training in PyTorch with batched products, compiled: torch.compile of a whole step.

Derivatives come from torch.func.grad inside the compiled function, so that the compiler sees products,
activations and the update together; max-autotune lets it choose among its own products and the library's.
"""

import functools

import torch

from problem import Networks


def forward(weights, biases, x):
    """@returns logits (networks, samples)
    @param weights, biases  of each layer (networks, fan_in, fan_out), (networks, 1, fan_out)"""
    for w, b in zip(weights[:-1], biases[:-1]):
        x = torch.tanh(torch.baddbmm(b, x, w))
    return torch.baddbmm(biases[-1], x, weights[-1])[:, :, 0]


def loss_and_logits(weights, biases, x, labels):
    """Losses of the networks are summed: each network's gradient is then that of its own loss."""
    logits = forward(weights, biases, x)
    losses = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, labels.expand_as(logits), reduction="none")
    return losses.mean(dim=1).sum(), logits


gradients_of = torch.func.grad(loss_and_logits, argnums=(0, 1), has_aux=True)


def sgd_step(weights, biases, state, x, labels, learning_rate):
    """@returns the logits before the update (networks, samples)"""
    (weight_gradients, bias_gradients), logits = gradients_of(weights, biases, x, labels)
    for w, g in zip(weights + biases, weight_gradients + bias_gradients):
        w.sub_(learning_rate * g)
    return logits


def adam_step(weights, biases, state, x, labels, learning_rate):
    """@param state  first and second moments of each tensor, and the count of steps"""
    (weight_gradients, bias_gradients), logits = gradients_of(weights, biases, x, labels)
    first, second, step = state
    step.add_(1)
    rate = learning_rate / (1 - 0.9**step)
    root = torch.sqrt(1 - 0.999**step)
    for w, g, m, v in zip(weights + biases, weight_gradients + bias_gradients, first, second):
        m.mul_(0.9).add_(0.1 * g)
        v.mul_(0.999).add_(0.001 * g * g)
        w.sub_(rate * m / (torch.sqrt(v) / root + 1e-8))
    return logits


@functools.lru_cache(maxsize=1)
def compiled(step, device, shapes):
    """The step compiled for one job; forgets the last one, whose guards would cost time."""
    torch.compiler.reset()
    mode = "max-autotune" if device == "cuda" else "max-autotune-no-cudagraphs"
    return torch.compile(step, fullgraph=True, dynamic=False, mode=mode)


class Trainer:
    version = f"torch {torch.__version__}"

    def __init__(self, networks, x, labels, optimizer, learning_rate, device):
        self._weights = [torch.tensor(w.swapaxes(1, 2).copy(), device=device) for w in networks.weights]
        self._biases = [torch.tensor(b[:, None], device=device) for b in networks.biases]
        tensors = self._weights + self._biases
        self._state = ([torch.zeros_like(w) for w in tensors], [torch.zeros_like(w) for w in tensors],
                       torch.zeros((), device=device)) if optimizer == "adam" else ()
        self._data = (torch.tensor(x, device=device).expand(len(networks), *x.shape),
                      torch.tensor(labels, device=device), learning_rate)
        if device == "cuda":  # so that steps become CUDA graphs, although they change their inputs
            moments = self._state[0] + self._state[1] + [self._state[2]] if self._state else []
            for tensor in tensors + moments:
                torch._dynamo.mark_static_address(tensor)
        step = {"sgd": sgd_step, "adam": adam_step}[optimizer]
        self._step = compiled(step, device, (x.shape, *(w.shape for w in tensors)))

    @torch.no_grad()
    def train(self, steps):
        """Trains and waits. @returns the logits before each update (steps, networks, samples)"""
        history = [
            self._step(self._weights, self._biases, self._state, *self._data).clone() for _ in range(steps)
        ]
        return torch.stack(history).cpu()

    def networks(self):
        return Networks([w.cpu().numpy().swapaxes(1, 2) for w in self._weights],
                        [b[:, 0].cpu().numpy() for b in self._biases])
