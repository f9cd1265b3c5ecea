"""The training in PyTorch with batched products and derivatives written by hand.

Every layer is one tensor (networks, fan_in + 1, fan_out) whose last row is the bias, and outputs have a
column of ones, so that a layer is one bmm and a tanh, and its gradient one bmm. SGD adds the weight
gradient in the product itself (baddbmm_); Adam is torch.optim's fused one. On a GPU a step is a CUDA graph.
"""

import numpy as np
import torch

from problem import Networks


class Trainer:
    version = f"torch {torch.__version__}"

    def __init__(self, networks, x, labels, optimizer, learning_rate, device):
        self._weights = [
            torch.tensor(np.concatenate([w.swapaxes(1, 2), b[:, None]], axis=1), device=device)
            for w, b in zip(networks.weights, networks.biases)
        ]
        self._labels = torch.tensor(labels, device=device)[:, None]
        self._learning_rate = learning_rate
        self._allocate(torch.tensor(x, device=device))
        self._optimizer = None
        if optimizer == "adam":
            for w in self._weights:
                w.grad = torch.zeros_like(w)
            self._optimizer = torch.optim.Adam(
                self._weights, lr=learning_rate, fused=True, capturable=device == "cuda")
        self._graph = None

    def _allocate(self, x):
        """Buffers of one step, so that none allocates."""
        count, samples = len(self._weights[0]), len(x)

        def ones(*shape):
            return torch.ones(shape, device=x.device)

        # outputs[l] (networks, samples, fan_in + 1) is what layer l multiplies its weights with.
        self._outputs = [ones(count, samples, w.shape[1]) for w in self._weights]
        self._outputs[0][:, :, :-1] = x
        self._sums = [ones(count, samples, w.shape[2]) for w in self._weights[:-1]]
        self._deltas = [ones(count, samples, w.shape[2]) for w in self._weights]

    def _step(self, logits):
        """@param[out] logits (networks, samples, 1)"""
        outputs, deltas = self._outputs, self._deltas
        for l, h in enumerate(self._sums):
            torch.bmm(outputs[l], self._weights[l], out=h)
            torch.tanh(h, out=outputs[l + 1][:, :, :-1])
        torch.bmm(outputs[-1], self._weights[-1], out=logits)

        torch.sigmoid(logits, out=deltas[-1])
        deltas[-1].sub_(self._labels).div_(len(self._labels))
        for l in range(len(deltas) - 1, -1, -1):
            if l > 0:
                back = self._weights[l][:, :-1].transpose(1, 2)
                torch.bmm(deltas[l], back, out=deltas[l - 1])
                y = outputs[l][:, :, :-1]
                torch.ops.aten.tanh_backward.grad_input(deltas[l - 1], y, grad_input=deltas[l - 1])
            if self._optimizer is None:
                self._weights[l].baddbmm_(outputs[l].transpose(1, 2), deltas[l], alpha=-self._learning_rate)
            else:
                torch.bmm(outputs[l].transpose(1, 2), deltas[l], out=self._weights[l].grad)
        if self._optimizer is not None:
            self._optimizer.step()

    @torch.no_grad()
    def train(self, steps):
        """Trains and waits. @returns the logits before each update (steps, networks, samples)"""
        logits = torch.empty((steps, *self._deltas[-1].shape), device=self._labels.device)
        for step in range(steps):
            if self._labels.is_cuda:
                self._step_of_graph(logits[step])
            else:
                self._step(logits[step])
        return logits[..., 0].cpu()

    def _step_of_graph(self, logits):
        """One launch for all of a step. The first step runs as it is, which capturing asks for."""
        if self._graph is None:
            self._logits = torch.empty_like(logits)
            self._stream = torch.cuda.Stream()
            self._stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self._stream):
                self._step(self._logits)
            torch.cuda.current_stream().wait_stream(self._stream)
            logits.copy_(self._logits)
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                self._step(self._logits)
            return
        self._graph.replay()
        logits.copy_(self._logits)

    def networks(self):
        arrays = [w.cpu().numpy() for w in self._weights]
        return Networks([w[:, :-1].swapaxes(1, 2) for w in arrays], [w[:, -1] for w in arrays])
