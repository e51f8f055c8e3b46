"""Operators of an outside port in NumPy, written from the kit's own pages (FORMAT.md, docs/porting.md).

Every place where a port may go wrong asks `fault("name")`; the tests plant one fault at a time. `half(x)` rounds to the
precision of the run where the official code's autocast does: what a matrix product or convolution takes and gives, and
what is computed between them.
"""

import math

import numpy as np

PLANTED = None  # name of the planted fault
PRECISION = "float32"
ASKED = set()  # faults that the present case could show


def fault(name):
    ASKED.add(name)
    return PLANTED == name


def bf16(x):
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return rounded.view(np.float32).reshape(np.shape(x))


def half(x):
    x = np.asarray(x, np.float32)
    if PRECISION == "bf16":
        return bf16(x)
    return x.astype(np.float16).astype(np.float32) if PRECISION == "f16" else x


def linear(x, weight, bias=None):
    """x (..., in), weight (out, in)"""
    y = half(x) @ half(weight).T
    y = y if bias is None else y + half(bias)
    return half(bf16(y) if fault("bf16_products") else y)


def token_rms_norm(x, weight, eps=1e-6):
    x = np.asarray(x, np.float32)
    if fault("norm_eps_ten_times"):
        eps = eps * 10
    if fault("norm_mean_subtracted"):
        x = x - x.mean(-1, keepdims=True)
    y = x / np.sqrt(np.mean(np.square(x), -1, keepdims=True) + np.float32(eps))
    return half(half(y) * (1 + weight if fault("norm_weight_plus_one") else weight))


def sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def silu(x):
    if fault("silu_is_gelu"):
        return half(0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))))
    return half(x * sigmoid(x))


def gelu(x):
    if fault("gelu_exact"):
        return half(0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))))
    if fault("gelu_quick"):
        return half(x * sigmoid(1.702 * x))
    return half(0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attention(q, k, v):
    """(B, H, L, D), keys with fewer heads -> (B, H, L, D)"""
    k, v = repeat_heads(k, q.shape[1]), repeat_heads(v, q.shape[1])
    scale = 1 / math.sqrt(q.shape[-1])
    if fault("attention_unscaled"):
        scale = 1
    if fault("attention_scaled_by_width"):
        scale = 1 / math.sqrt(q.shape[-1] * q.shape[1])
    weights = half(softmax(half(half(q) @ half(k).swapaxes(-1, -2)) * np.float32(scale)))
    return half(weights @ half(v))


def repeat_heads(k, heads):
    groups = heads // k.shape[1]
    return np.tile(k, (1, groups, 1, 1)) if fault("key_heads_interleaved") else np.repeat(k, groups, 1)


def rotary(x, rope):
    """x (..., L, D), rope (2, L, D/2): adjacent pairs"""
    cos, sin = rope
    if fault("rotary_half_split"):
        a, b = np.split(x, 2, -1)
        return np.concatenate([a * cos - b * sin, a * sin + b * cos], -1).astype(np.float32)
    if fault("rotary_backwards"):
        sin = -sin
    a, b = x[..., 0::2], x[..., 1::2]
    return half(np.stack([a * cos - b * sin, a * sin + b * cos], -1).reshape(x.shape))


def conv3d(x, weight, bias):
    """(B, C, T, H, W) * (O, C, kt, kh, kw): zeros around space, none in time"""
    kt, kh, kw = weight.shape[2:]
    mode = "edge" if fault("conv_space_replicated") else "constant"
    x = np.pad(half(x), ((0, 0), (0, 0), (0, 0), (kh // 2,) * 2, (kw // 2,) * 2), mode=mode)
    weight = half(weight)
    t, h, w = x.shape[2] - kt + 1, x.shape[3] - kh + 1, x.shape[4] - kw + 1
    y = np.zeros((x.shape[0], weight.shape[0], t, h, w), np.float32)
    for a in range(kt):
        for b in range(kh):
            for c in range(kw):
                y += np.einsum("oc,ncthw->nothw", weight[:, :, a, b, c], x[:, :, a:a + t, b:b + h, c:c + w], optimize=True)
    return half(y + half(bias).reshape(1, -1, 1, 1, 1))


def causal_conv(x, weight, bias, cache=None):
    kept = weight.shape[2] - 1
    before = np.repeat(x[:, :, :1], 2, 2) if cache is None or fault("conv_cache_ignored") else cache
    if cache is None and fault("conv_time_zeros"):
        before = np.zeros_like(before)
    padded = np.concatenate([before[:, :, 2 - kept:], x], 2)
    return conv3d(padded, weight, bias), np.concatenate([before, x], 2)[:, :, -2:]  # two frames are kept for any kernel


def channel_rms_norm(x, gamma):
    length = np.maximum(np.sqrt(np.sum(np.square(x, dtype=np.float64), 1, keepdims=True)), 1e-12)
    scale = 1 if fault("channel_norm_without_root") else math.sqrt(x.shape[1])
    return half((x / length * scale).astype(np.float32) * gamma)


def area(x, size):
    """adaptive average pooling of the last three axes"""
    if fault("area_is_nearest"):
        return nearest(x, size)
    for axis, n in zip((-3, -2, -1), size):
        m = x.shape[axis]
        parts = [x.take(range(i * m // n, -(-(i + 1) * m // n)), axis).mean(axis, keepdims=True, dtype=np.float32) for i in range(n)]
        x = np.concatenate(parts, axis)
    return x.astype(np.float32)


def trilinear(x, size):
    for axis, n in zip((-3, -2, -1), size):
        m = x.shape[axis]
        if fault("trilinear_corners_aligned"):
            place = np.arange(n) * ((m - 1) / max(n - 1, 1))
        else:
            place = np.maximum((np.arange(n) + 0.5) * (m / n) - 0.5, 0)
        low = np.minimum(np.floor(place).astype(int), m - 1)
        high = np.minimum(low + 1, m - 1)
        share = (place - low).astype(np.float32).reshape([-1 if a == x.ndim + axis else 1 for a in range(x.ndim)])
        x = x.take(low, axis) * (1 - share) + x.take(high, axis) * share
    return x.astype(np.float32)


def nearest(x, size):
    for axis, n in zip((-3, -2, -1), size):
        x = x.take(np.arange(n) * x.shape[axis] // n, axis)
    return x


def relu_or_silu(x):
    return np.maximum(x, 0) if fault("learned_projection_relu") else silu(x)
