"""Times the operations of the backend interface in PyTorch, each in its shape, as eager code writes them; views cost nothing
but their call. Standard input, JSON: {calls: {name: [{operation, args, times}]}, place: "1"}, a tensor among the arguments
being {tensor: shape}, the place a number of threads, or "cuda". Standard output: {name: seconds of all its calls}, on one
thread the processor's, else the clock's.

On Debian, torch wants libopenblas0-pthread: with the reference BLAS its products take 20 to 40 times as long.
"""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as functional


def matmul(a, b, options=None):
    options = options or {}
    bias = options.get("bias")
    if options.get("transposeB") and b.dim() == 2 and not options.get("transposeA"):
        return functional.linear(a, b, bias)
    product = (a.mT if options.get("transposeA") else a) @ (b.mT if options.get("transposeB") else b)
    return product if bias is None else product + bias


def conv3d(x, weight, bias=None):
    return functional.conv3d(x, weight, bias, padding=(0, weight.shape[3] // 2, weight.shape[4] // 2))


def affine(x, scale, shift=0):
    scaled = x if scale == 1 else x * scale
    return scaled if shift == 0 else scaled + shift


MAPS = {
    "silu": functional.silu,
    "gelu": lambda x: functional.gelu(x, approximate="tanh"),
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "exp": torch.exp,
    "log": torch.log,
    "step": lambda x: (x > 0).float(),
}


def rms_norm(x, weight, epsilon):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


def l2_normalize(x, axis, gain=None):
    unit = functional.normalize(x, dim=axis)
    return unit if gain is None else unit * gain.view([-1 if i == axis else 1 for i in range(x.dim())])


def rotary(x, rope):
    even, odd = x[..., 0::2], x[..., 1::2]
    cosine, sine = rope
    return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1).flatten(-2)


def conv3d_weight_gradient(x, gradient, kernel):
    shape = [gradient.shape[1], x.shape[1], *kernel]
    return torch.nn.grad.conv3d_weight(x, shape, gradient, padding=(0, kernel[1] // 2, kernel[2] // 2))


RESIZERS = {
    "nearest": torch.ops.aten.upsample_nearest3d_backward,
    "trilinear": torch.ops.aten.upsample_trilinear3d_backward,
}


def resize(x, size, mode):
    return functional.interpolate(x, size, mode=mode)


def resize_gradient(gradient, size, mode):
    shape = [*gradient.shape[:2], *size]
    if mode == "area":
        return torch.ops.aten._adaptive_avg_pool3d_backward(gradient, torch.zeros(shape))
    corners = [False] if mode == "trilinear" else []
    return RESIZERS[mode](gradient, gradient.shape[2:], shape, *corners)


SLOPES = {
    "silu": torch.ops.aten.silu_backward,
    "gelu": lambda g, x: torch.ops.aten.gelu_backward(g, x, approximate="tanh"),
    "relu": lambda g, x: torch.ops.aten.threshold_backward(g, x, 0),
    "sigmoid": lambda g, x: torch.ops.aten.sigmoid_backward(g, torch.sigmoid(x)),
    "exp": lambda g, x: g * torch.exp(x),
    "log": lambda g, x: g / x,
}


def map_gradient(name, x, gradient):
    return SLOPES[name](gradient, x)


def l2_normalize_gradient(x, gradient, axis, gain=None):
    scaled = gradient if gain is None else gradient * gain.view([-1 if i == axis else 1 for i in range(x.dim())])
    norm = x.norm(dim=axis, keepdim=True).clamp_min(1e-12)
    unit = x / norm
    return (scaled - unit * (unit * scaled).sum(axis, keepdim=True)) / norm


def l2_normalize_gain_gradient(x, gradient, axis):
    others = [i for i in range(x.dim()) if i != axis]
    return (gradient * functional.normalize(x, dim=axis)).sum(others)


OPERATIONS = {
    "matmul": matmul,
    "conv3d": conv3d,
    "softmax": lambda x: torch.softmax(x, -1),
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "affine": affine,
    "map": lambda name, x: MAPS[name](x),
    "sum": lambda x, axes: x.sum(axes, keepdim=True),
    "rmsNorm": rms_norm,
    "l2Normalize": l2_normalize,
    "reshape": lambda x, shape: x.reshape(shape),
    "permute": lambda x, axes: x.permute(axes),
    "concat": torch.cat,
    "slice": lambda x, axis, start, end: x.narrow(axis, start, end - start),
    "expand": lambda x, shape: x.expand(shape),
    "take": lambda x, rows: x[rows],
    "resize": resize,
    "rotary": rotary,
    "conv3dWeightGradient": conv3d_weight_gradient,
    "resizeGradient": resize_gradient,
    "mapGradient": map_gradient,
    "l2NormalizeGradient": l2_normalize_gradient,
    "l2NormalizeGainGradient": l2_normalize_gain_gradient,
}


def value(argument, device):
    if isinstance(argument, list):
        return [value(part, device) for part in argument]
    if not isinstance(argument, dict):
        return argument
    if "tensor" in argument:
        return torch.rand(argument["tensor"], device=device) - 0.5
    return {name: value(part, device) for name, part in argument.items()}


def median_time(call, clock, finish, runs):
    def timed(repeats):
        start = clock()
        for _ in range(repeats):
            call()
        finish()
        return (clock() - start) / repeats

    once = timed(1)
    repeats = max(1, int(0.002 / max(once, 1e-6)))
    return statistics.median(timed(repeats) for _ in range(runs if once < 1 else 1))


def time_of(call, place):
    device, clock = ("cuda" if place == "cuda" else "cpu"), (time.process_time if place == "1" else time.perf_counter)
    finish = torch.cuda.synchronize if place == "cuda" else lambda: None
    operation, args = OPERATIONS[call["operation"]], [value(argument, device) for argument in call["args"]]
    operation(*args)
    return call["times"] * median_time(lambda: operation(*args), clock, finish, 5)


def main():
    given = json.load(sys.stdin)
    place = given["place"]
    if place != "cuda":
        torch.set_num_threads(int(place))
    times = {name: sum(time_of(call, place) for call in calls) for name, calls in given["calls"].items()}
    json.dump(times, sys.stdout)


with torch.no_grad():
    main()
