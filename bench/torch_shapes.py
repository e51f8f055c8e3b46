"""Times operations in PyTorch. Standard input, JSON: {operations: [{name, kind, shapes, transposed}], stages: {name: [{kind,
shapes, transposed, times}]}, threads: [1, 2]}. Standard output: {operations: {name: seconds on one thread}, stages: {name:
{threads: seconds of all its operations}}}.

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
        a, b = (t.mT if turned else t for t, turned in zip(tensors, transposed))
        return lambda: a @ b
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


def median_time(call, runs):
    call()
    start = time.perf_counter()
    call()
    once = time.perf_counter() - start
    repeats = max(1, int(0.004 / once))
    times = []
    for _ in range(runs if once < 1 else 1):
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        times.append((time.perf_counter() - start) / repeats)
    return statistics.median(times)


def time_of(operation, runs):
    tensors = [torch.rand(shape) - 0.5 for shape in operation["shapes"]]
    return median_time(call_for(operation["kind"], tensors, operation["transposed"]), runs)


def main():
    given = json.load(sys.stdin)
    torch.set_num_threads(1)
    operations = {operation["name"]: time_of(operation, 9) for operation in given["operations"]}
    stages = {name: {} for name in given["stages"]}
    for threads in given["threads"]:
        torch.set_num_threads(threads)
        for name, calls in given["stages"].items():
            stages[name][threads] = sum(call["times"] * time_of(call, 5) for call in calls)
    json.dump({"operations": operations, "stages": stages}, sys.stdout)


with torch.no_grad():
    main()
