"""Prints the PyTorch trajectories frozen in tests/kernels/reference_engine_test.cpp.

A network of two hidden tanh layers of width 3 learns xor in double precision from weights that the
test repeats: W[i][j] of layer l is sin(l + 2 i + 3 j), b[i] is cos(l + i) / 4.
"""

import math

import torch

torch.set_default_dtype(torch.float64)


def make_network():
    sizes = [2, 3, 3, 1]
    layers = []
    for l in range(1, 4):
        layer = torch.nn.Linear(sizes[l - 1], sizes[l])
        with torch.no_grad():
            for i in range(sizes[l]):
                layer.bias[i] = math.cos(l + i) / 4
                for j in range(sizes[l - 1]):
                    layer.weight[i, j] = math.sin(l + 2 * i + 3 * j)
        layers += [layer, torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.5),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
}
LOSSES = {
    "cross_entropy": torch.nn.BCEWithLogitsLoss(),
    "squared_error": torch.nn.MSELoss(),
}

inputs = torch.tensor([[-1.0, -1], [1, -1], [-1, 1], [1, 1]])
target = torch.tensor([[0.0], [1], [1], [0]])

print("torch", torch.__version__)
for loss_name, loss_function in LOSSES.items():
    for name, make in OPTIMIZERS.items():
        network = make_network()
        optimizer = make(network.parameters())
        losses = []
        for _ in range(20):
            optimizer.zero_grad()
            loss = loss_function(network(inputs), target)
            losses.append(loss.item())
            loss.backward()
            optimizer.step()
        print(loss_name, name, repr(losses[1]), repr(losses[19]), repr(network[2].weight[1, 2].item()))
