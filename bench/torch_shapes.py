"""Times operations in PyTorch on one thread: a JSON list of them on standard input, {name: seconds} on standard output.

On Debian, torch wants libopenblas0-pthread: with the reference BLAS its products take 20 to 40 times as long.
"""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as functional


def call_for(kind, tensors, transposed):
    if kind == "matmul":
        a, b = tensors
        return lambda: a @ (b.t() if transposed else b)
    if kind == "conv3d":
        x, weight = tensors
        margin = (0, weight.shape[3] // 2, weight.shape[4] // 2)
        return lambda: functional.conv3d(x, weight, padding=margin)
    if kind == "softmax":
        return lambda: torch.softmax(tensors[0], -1)
    q, k, v = tensors
    group = q.shape[1] // k.shape[1]

    def attention():
        keys, values = (t.repeat_interleave(group, 1) for t in (k, v))
        scores = q @ keys.transpose(-1, -2) / q.shape[-1] ** 0.5
        return torch.softmax(scores, -1) @ values

    return attention


def median_time(call):
    call()
    start = time.perf_counter()
    call()
    repeats = max(1, int(0.004 / (time.perf_counter() - start)))
    runs = []
    for _ in range(9):
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        runs.append((time.perf_counter() - start) / repeats)
    return statistics.median(runs)


torch.set_num_threads(1)
with torch.no_grad():
    times = {}
    for operation in json.load(sys.stdin):
        tensors = [torch.rand(shape) - 0.5 for shape in operation["shapes"]]
        times[operation["name"]] = median_time(call_for(operation["kind"], tensors, operation["transposed"]))
json.dump(times, sys.stdout)
