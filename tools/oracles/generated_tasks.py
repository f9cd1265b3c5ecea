"""Prints the data sets frozen in tests/host/task/generated_task_test.cpp.

Written in NumPy from the formulas in host/task/*.hpp and DESIGN.md alone: Philox4x32-10 (Salmon et
al. 2011), Box-Muller, and XXH3-64 of the task's canonical JSON from the xxHash library.
"""

import ctypes
import ctypes.util
import json

import numpy as np

xxhash = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
xxhash.XXH3_64bits.restype = ctypes.c_uint64
xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]

GENERATED_DATA = 4  # stream


def key_of(**task):
    text = json.dumps(task, sort_keys=True, separators=(",", ":")).encode()
    return xxhash.XXH3_64bits(text, len(text))


def philox(key, tensor, blocks):
    """(blocks, 4) words of the blocks 0, 1, ... of one tensor."""
    c = np.zeros((blocks, 4), dtype=np.uint64)
    index = np.arange(blocks, dtype=np.uint64)
    c[:, 0], c[:, 1] = index & 0xFFFFFFFF, index >> np.uint64(32)
    c[:, 2], c[:, 3] = tensor, GENERATED_DATA
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        a = c[:, 0] * np.uint64(0xD2511F53)
        b = c[:, 2] * np.uint64(0xCD9E8D57)
        high, low = np.uint64(32), np.uint64(0xFFFFFFFF)
        c = np.stack([(b >> high) ^ c[:, 1] ^ np.uint64(k0), b & low,
                      (a >> high) ^ c[:, 3] ^ np.uint64(k1), a & low], axis=1)
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c


def normals(key, tensor, *shape):
    count = int(np.prod(shape))
    u = (philox(key, tensor, -(-count // 4)).reshape(-1, 2).astype(float) + 0.5) / 2**32
    radius, angle = np.sqrt(-2 * np.log(u[:, 0])), 2 * np.pi * u[:, 1]
    z = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)
    return z.reshape(-1)[:count].reshape(shape).astype(float)


def spirals(samples, turns, noise, data_seed=0):
    key = key_of(name="spirals", samples=samples, turns=turns, noise=noise, data_seed=data_seed)
    i = np.arange(samples)
    of_class = np.where(i % 2 == 0, (samples + 1) // 2, samples // 2)
    t = (i // 2 + 0.5) / of_class
    angle = 2 * np.pi * turns * t + np.pi * (i % 2)
    arm = np.sqrt(6) * t[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return arm + noise * normals(key, 0, samples, 2), i % 2


def blobs(samples, inputs, classes, noise, data_seed=0):
    key = key_of(name="blobs", samples=samples, inputs=inputs, classes=classes, noise=noise,
                 data_seed=data_seed)
    centres = normals(key, 0, classes, inputs)
    centres /= np.sqrt(np.mean(centres**2))
    label = np.arange(samples) % classes
    return centres[label] + noise * normals(key, 1, samples, inputs), np.eye(classes)[label]


def standardize(y):
    return (y - y.mean(axis=0)) / y.std(axis=0)


def teacher(samples, inputs, outputs, teacher_width, teacher_depth, noise, data_seed=0):
    key = key_of(name="teacher", samples=samples, inputs=inputs, outputs=outputs,
                 teacher_width=teacher_width, teacher_depth=teacher_depth, noise=noise,
                 data_seed=data_seed)
    x = first = normals(key, 0, samples, inputs)
    sizes = [inputs] + [teacher_width] * teacher_depth
    for l in range(1, teacher_depth + 1):
        w = normals(key, l, teacher_width, sizes[l - 1]) / np.sqrt(sizes[l - 1])
        x = np.tanh(x @ w.T)
    y = standardize(x @ normals(key, teacher_depth + 1, outputs, sizes[-1]).T)
    return first, standardize(y + noise * normals(key, teacher_depth + 2, samples, outputs))


def subset(samples, count, content, data_seed):
    key = key_of(content=content, data_seed=data_seed)
    words = philox(key, 0, -(-samples // 4)).reshape(-1)
    order = list(range(samples))
    for i in range(samples - 1, 0, -1):
        j = (int(words[i]) * (i + 1)) >> 32
        order[i], order[j] = order[j], order[i]
    return order[:count]


def show(name, data):
    print(name)
    for part in data:
        print("  ", ", ".join(f"{v:.9g}" for v in np.asarray(part, dtype=float).reshape(-1)))


print("numpy", np.__version__)
show("spirals", spirals(5, 1.5, 0.25, 7))
show("blobs", blobs(4, 2, 3, 0.5))
show("teacher", teacher(4, 3, 2, 5, 2, 0.5, 1))
print("subset", subset(7, 4, "0123456789abcdef0123456789abcdef", 3))
