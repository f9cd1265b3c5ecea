"""Prints the PyTorch trajectories frozen in tests/kernels/pytorch_trajectory_test.cpp.

A network of two hidden layers of width 3 learns in double precision from weights that the test
repeats: W[i][j] of layer l is sin(l + 2 i + 3 j), b[i] is cos(l + i) / 4. The inputs are those of
xor; so are the targets of one output. Several classes and values are in TARGETS.
"""

import math

import torch

torch.set_default_dtype(torch.float64)

ACTIVATIONS = {
    "tanh": torch.tanh,
    "erf": torch.erf,
    "sigmoid": torch.sigmoid,
    "leaky_relu": lambda h: torch.nn.functional.leaky_relu(h, 0.01),
    "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu,
}
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.5),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
}
INPUTS = torch.tensor([[-1.0, -1], [1, -1], [-1, 1], [1, 1]])
TARGETS = {  # what the loss compares the outputs with, and how many outputs there are
    "label": (torch.nn.BCEWithLogitsLoss(), torch.tensor([[0.0], [1], [1], [0]]), 1),
    "label_by_squares": (torch.nn.MSELoss(), torch.tensor([[0.0], [1], [1], [0]]), 1),
    "class_of_3": (torch.nn.CrossEntropyLoss(), torch.tensor([2, 0, 1, 2]), 3),
    "two_values": (torch.nn.MSELoss(), torch.tensor([[0.5, -1], [2, 0.25], [-1.5, 1], [0, 3]]), 2),
}


class Network(torch.nn.Module):
    def __init__(self, activation, outputs):
        super().__init__()
        self.activation = activation
        sizes = [2, 3, 3, outputs]
        self.layers = torch.nn.ModuleList()
        for l in range(1, 4):
            layer = torch.nn.Linear(sizes[l - 1], sizes[l])
            with torch.no_grad():
                for i in range(sizes[l]):
                    layer.bias[i] = math.cos(l + i) / 4
                    for j in range(sizes[l - 1]):
                        layer.weight[i, j] = math.sin(l + 2 * i + 3 * j)
            self.layers.append(layer)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


def print_trajectory(activation_name, target_name, optimizer_name):
    loss_function, target, outputs = TARGETS[target_name]
    network = Network(ACTIVATIONS[activation_name], outputs)
    optimizer = OPTIMIZERS[optimizer_name](network.parameters())
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = loss_function(network(INPUTS), target)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    weight = network.layers[1].weight[1, 2].item()
    print(f"{{Activation::{activation_name}, {target_name}, {optimizer_name}, "
          f"{losses[1]!r}, {losses[19]!r}, {weight!r}}},")


print("// torch", torch.__version__)
for optimizer_name in OPTIMIZERS:
    for target_name in TARGETS:
        print_trajectory("tanh", target_name, optimizer_name)
    for activation_name in list(ACTIVATIONS)[1:]:
        print_trajectory(activation_name, "label", optimizer_name)
        print_trajectory(activation_name, "class_of_3", optimizer_name)
