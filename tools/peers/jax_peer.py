"""The training in JAX: jit(scan) over steps of vmap(value_and_grad) over networks."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from problem import Networks

jax.config.update("jax_default_matmul_precision", "highest")  # no TF32 and no bfloat16


def forward(layers, x):
    """One network's logits (samples). @param layers (W (fan_in, fan_out), b (fan_out)) of each"""
    for w, b in layers[:-1]:
        x = jnp.tanh(x @ w + b)
    w, b = layers[-1]
    return (x @ w + b)[:, 0]


def loss_and_logits(layers, x, labels):
    logits = forward(layers, x)
    return jnp.mean(jnp.logaddexp(0, logits) - labels * logits), logits


def sgd(layers, gradients, state, learning_rate):
    return jax.tree.map(lambda w, g: w - learning_rate * g, layers, gradients), state


def adam(layers, gradients, state, learning_rate):
    step, first, second = state
    step = step + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
    rate = learning_rate / (1 - 0.9**step)
    root = jnp.sqrt(1 - 0.999**step)
    layers = jax.tree.map(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v) / root + 1e-8), layers, first, second)
    return layers, (step, first, second)


@functools.partial(jax.jit, static_argnames=("update", "steps"), donate_argnames=("layers", "state"))
def train(layers, state, x, labels, learning_rate, update, steps):
    """@returns layers and state after `steps` steps, and the logits (steps, networks, samples)"""
    gradients_of = jax.vmap(jax.grad(loss_and_logits, has_aux=True), in_axes=(0, None, None))

    def step(carry, _):
        gradients, logits = gradients_of(carry[0], x, labels)
        return update(carry[0], gradients, carry[1], learning_rate), logits

    (layers, state), logits = jax.lax.scan(step, (layers, state), length=steps)
    return layers, state, logits


class Trainer:
    version = f"jax {jax.__version__}"

    def __init__(self, networks, x, labels, optimizer, learning_rate, device):
        if jax.default_backend() != {"cpu": "cpu", "cuda": "gpu"}[device]:
            raise RuntimeError(f"JAX runs on {jax.default_backend()} (not {device}); set JAX_PLATFORMS")
        self._layers = [(jnp.asarray(w.swapaxes(1, 2)), jnp.asarray(b))
                        for w, b in zip(networks.weights, networks.biases)]
        zeros = jax.tree.map(jnp.zeros_like, self._layers)
        self._state = (jnp.float32(0), zeros, jax.tree.map(jnp.copy, zeros)) if optimizer == "adam" else ()
        self._update = {"sgd": sgd, "adam": adam}[optimizer]
        self._data = jnp.asarray(x), jnp.asarray(labels), jnp.float32(learning_rate)

    def train(self, steps):
        """Trains and waits. @returns the logits before each update (steps, networks, samples)"""
        self._layers, self._state, logits = train(
            self._layers, self._state, *self._data, update=self._update, steps=steps)
        return jax.block_until_ready(logits)

    def networks(self):
        return Networks([np.asarray(w).swapaxes(1, 2) for w, _ in self._layers],
                        [np.asarray(b) for _, b in self._layers])
