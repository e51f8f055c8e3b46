"""Schedules, positions and residual codes: steps, rotary tables, quantization over scales."""

import numpy as np

from ops import area, bf16, fault, half, linear, nearest, relu_or_silu, trilinear


def expand(schedule, per_clip, image, video, most=10000):
    """[{si, repeat, real_si, last}] of every executed step"""
    steps, counter = [], 0
    for si in range(len(schedule)):
        scheduled = (image if si < per_clip else video)[si % per_clip]
        executed = min(scheduled, most)
        for repeat in range(executed):
            steps.append({"si": si, "repeat": repeat, "real_si": counter + repeat, "last": repeat == executed - 1})
        counter += executed if fault("real_index_counts_executed") else scheduled
    return steps


def clips(schedule, per_clip):
    """[(clip, start, end, references)] of every scale"""
    out, end = [], 0
    for si, (t, _, _) in enumerate(schedule):
        clip = si // per_clip
        if si % per_clip == 0:
            end += t
        back = 3 if fault("reference_third_largest") else 1
        references = [clip * per_clip - min(back, per_clip)] if clip > 0 else []
        out.append((clip, end - t, end, references))
    return out


def grid_rows(n, full):
    rows = np.arange(n, dtype=np.float32) * np.float32(full / n)
    return (np.floor(rows + np.float32(0.5)) if fault("grid_rounded_half_up") else np.rint(rows)).astype(int)


def frequencies(head_dim, base=10000):
    n = head_dim // 8
    exponent = np.arange(n, dtype=np.float32) / np.float32(n)
    if fault("rope_exponent_doubled"):
        exponent = exponent * 2
    inverse = (np.float32(1) / np.float32(base) ** exponent).astype(np.float32)
    return bf16(inverse) if fault("rope_frequencies_bf16") else inverse


def table(positions, inverse):
    angle = np.asarray(positions, np.float32)[:, None] * inverse
    pair = [np.sin(angle), np.cos(angle)] if fault("rope_sine_first") else [np.cos(angle), np.sin(angle)]
    return np.stack(pair).astype(np.float32)


def rope(inverse, scale, time, height, width):
    """positions of every token on the four axes -> (2, L, D/2)"""
    axes = [scale, time, width, height] if fault("rope_height_width_swapped") else [scale, time, height, width]
    return np.concatenate([table(axis, inverse) for axis in axes], -1)


def text_rope(inverse, length):
    first = 1 if fault("text_positions_from_one") else 0
    zeros = np.zeros(length)
    return rope(inverse, np.arange(length) + first, zeros, zeros, zeros)


def visual_rope(inverse, text_maxlen, real_si, frames, size, full):
    t, i, j = np.meshgrid(frames, grid_rows(size[0], full[0]), grid_rows(size[1], full[1]), indexing="ij")
    scale = np.full(t.size, text_maxlen + real_si)
    return rope(inverse, scale, t.ravel(), i.ravel(), j.ravel())


def width_of(quantizer, scale):
    if not quantizer.get("use_two_stage_lfq", 1):
        return quantizer["detail_scale_dim"]
    cells, least = scale[1] * scale[2], quantizer["detail_scale_min_tokens"]
    small = cells <= least if fault("border_of_vocabularies") else cells < least
    return quantizer["semantic_scale_dim"] if small else quantizer["detail_scale_dim"]


def bits_of(x):
    """(B, d, t, h, w) -> (B, t, h, w, d)"""
    bits = x >= 0 if fault("zero_is_bit_one") else x > 0
    return np.moveaxis(bits, 1, -1).astype(np.uint8)


def codes_of(bits):
    length = 1 if fault("codes_not_scaled") else 1 / np.sqrt(bits.shape[-1])
    return np.moveaxis((bits.astype(np.float32) * 2 - 1) * np.float32(length), -1, 1)


def change_width(w, quantizer, x, channels, size, resize):
    if quantizer.get("use_learnable_dim_proj"):
        if x.shape[1] != channels:
            name = "detail" if quantizer["detail_scale_dim"] in (x.shape[1], channels) and quantizer["semantic_scale_dim"] not in (x.shape[1], channels) else "semantic"
            key = f"{name}_proj_{'down' if x.shape[1] > channels else 'up'}"
            key = key if f"{key}.0.weight" in w else f"quantizer.{key}"
            tokens = np.moveaxis(x, 1, -1)
            hidden = relu_or_silu(linear(tokens, w[f"{key}.0.weight"], w[f"{key}.0.bias"]))
            x = np.moveaxis(linear(hidden, w[f"{key}.2.weight"], w[f"{key}.2.bias"]), -1, 1)
        return resize(x, (x.shape[2], *size))
    moved = x.swapaxes(1, 2)  # (B, t, C, h, w): the channel axis is the depth
    if fault("width_repeated") and channels > x.shape[1]:
        moved = nearest(moved, (channels, *moved.shape[3:]))
    return resize(moved, (channels, *size)).swapaxes(1, 2)


def upsampled(w, quantizer, bits, channels, full):
    return change_width(w, quantizer, codes_of(bits), channels, full, trilinear)


def quantize(w, config, features, schedule, per_clip, steps, note=lambda name, value: None):
    """residuals and bits of every step, sum of all codes"""
    full, all_codes, all_bits = schedule[-1][1:], [], []
    for clip, (start, end) in enumerate(sorted({(c[1], c[2]) for c in clips(schedule, per_clip)})):
        target = features[:, :, start:end]
        code = np.zeros_like(target)
        for k, step in enumerate(steps):
            if step["si"] // per_clip != clip:
                continue
            scale = schedule[step["si"]]
            residual = change_width(w, config, half(target - code), width_of(config, scale), scale[1:], area)
            bits = bits_of(residual)
            note(f"residual/{k}", residual)
            note(f"bits/{k}", bits)
            all_bits.append(bits)
            code = code + upsampled(w, config, bits, target.shape[1], full)
        all_codes.append(code)
    return all_bits, np.concatenate(all_codes, 2).astype(np.float32)


SIDES = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 40, 60]


def ratio_table():
    """{key: [(rows, columns)] of all sides}, in the table's order"""
    table = {}
    for ratio in (1, 100 / 116, 3 / 4, 2 / 3, 9 / 16, 1 / 2, 2 / 5, 1 / 3):
        columns = np.sqrt(np.array(SIDES, np.float64) ** 2 / ratio)
        sizes = np.stack([np.rint(columns * ratio), np.rint(columns)], 1).astype(int)
        last = sizes[-1, 0] / sizes[-1, 1]
        table[key_of(last)] = sizes
        if ratio != 1:
            table[key_of(1 / last)] = sizes[:, ::-1]
    return table


def key_of(ratio):
    key = int(ratio * 1000) / 1000
    return int(key) if key == int(key) else key


def visible(samples):
    """which segment of a packed sequence sees which"""
    count = sum(len(sample["schedule"]) for sample in samples)
    seen, base = np.eye(count + len(samples), dtype=np.uint8), 0
    for i, sample in enumerate(samples):
        for si, (_, _, _, references) in enumerate(clips(sample["schedule"], sample["scales_in_one_clip"])):
            seen[base + si, [count + i, *(base + r for r in references)]] = 1
        base += len(sample["schedule"])
    return seen
