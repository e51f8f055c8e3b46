"""The video tokenizer: causal 3-D convolutional autoencoder, patches of 2 x 2, projections."""

import numpy as np

from ops import causal_conv, channel_rms_norm, conv3d, fault, half, nearest, silu


class Caches:
    """Convolution caches of one chunk after the other, by weight key."""

    def __init__(self, weights):
        self.weights, self.kept = weights, {}

    def conv(self, key, x):
        y, self.kept[key] = causal_conv(x, self.weights[f"{key}.conv.weight"], self.weights[f"{key}.conv.bias"], self.kept.get(key))
        return y


def conditioned_norm(w, key, x, z):
    scale = conv3d(z, w[f"{key}.conv_y.conv.weight"], w[f"{key}.conv_y.conv.bias"])
    shift = conv3d(z, w[f"{key}.conv_b.conv.weight"], w[f"{key}.conv_b.conv.bias"])
    if fault("conditioned_norm_swapped"):
        scale, shift = shift, scale
    normed = channel_rms_norm(x, w[f"{key}.norm_layer.gamma"])
    return half(half(normed * like(scale, x)) + like(shift, x))


def like(z, x):
    t, h, w = x.shape[2:]
    if t == 1 or t % 2 == 0 or fault("latent_first_frame_not_apart"):
        return nearest(z, (t, h, w))
    return np.concatenate([nearest(z[:, :, :1], (1, h, w)), nearest(z[:, :, 1:], (t - 1, h, w))], 2)


def resnet(caches, key, x, z, note=lambda name, value: None):
    y, w = x, caches.weights
    for i in (1, 2):
        norm = f"{key}norm{i}"
        y = channel_rms_norm(y, w[f"{norm}.gamma"]) if z is None else conditioned_norm(w, norm, y, z)
        y = silu(y)
        note(f"{'normed' if z is None else 'conditioned'}{i}", y)
        y = caches.conv(f"{key}conv{i}", y)
        note(f"conv{i}", y)
    if f"{key}conv_shortcut.weight" in w:
        x = conv3d(x, w[f"{key}conv_shortcut.weight"], w[f"{key}conv_shortcut.bias"])
    return half(x + y)


def mean_of_pairs(x):
    if x.shape[2] == 1:
        return x
    if x.shape[2] % 2 and not fault("odd_first_frame_not_apart"):
        return np.concatenate([x[:, :, :1], mean_of_pairs(x[:, :, 1:])], 2)
    if x.shape[2] % 2:
        x = np.concatenate([x, x[:, :, -1:]], 2)
    return half((x[:, :, 0::2] + x[:, :, 1::2]) / 2)


def space_to_depth(x):
    b, c, t, h, w = x.shape
    x = x.reshape(b, c, t, h // 2, 2, w // 2, 2)
    order = (0, 1, 4, 6, 2, 3, 5) if fault("down_channels_first") else (0, 4, 6, 1, 2, 3, 5)
    return x.transpose(order).reshape(b, 4 * c, t, h // 2, w // 2)


def down(caches, key, x, pairs):
    y = caches.conv(f"{key}conv", silu(channel_rms_norm(x, caches.weights[f"{key}norm.gamma"])))
    if pairs:
        x, y = mean_of_pairs(x), mean_of_pairs(y)
    x, y = space_to_depth(x), space_to_depth(y)
    b, c, t, h, w = x.shape
    groups = c // y.shape[1]
    if fault("down_groups_inside"):
        short = x.reshape(b, y.shape[1], groups, t, h, w).mean(2)
    else:
        short = x.reshape(b, groups, y.shape[1], t, h, w).mean(1)
    return half(y + half(short))


def depth_to_space(x, pt):
    b, c, t, h, w = x.shape
    if fault("up_height_width_swapped"):
        x = x.reshape(b, pt, 2, 2, c // (4 * pt), t, h, w).swapaxes(2, 3)
    x = x.reshape(b, pt, 2, 2, c // (4 * pt), t, h, w).transpose(0, 4, 5, 1, 6, 2, 7, 3)
    return x.reshape(b, c // (4 * pt), t * pt, 2 * h, 2 * w)


def up(caches, key, x, pt, split_first):
    y = caches.conv(f"{key}conv", silu(channel_rms_norm(x, caches.weights[f"{key}norm.gamma"])))
    times = y.shape[1] // x.shape[1]
    tiled = np.repeat(x, times, 1) if fault("up_shortcut_interleaved") else np.tile(x, (1, times, 1, 1, 1))
    out = half(depth_to_space(y, pt) + depth_to_space(tiled, pt))
    if pt > 1 and (split_first or x.shape[2] % 2):
        first = out[:, :, :1] if fault("up_first_frame_kept") else out[:, :, :pt].mean(2, keepdims=True)
        out = np.concatenate([half(first), out[:, :, pt:]], 2)
    return out


def patchify(x):
    b, c, t, h, w = x.shape
    x = x.reshape(b, c, t, h // 2, 2, w // 2, 2)
    order = (0, 4, 6, 1, 2, 3, 5) if fault("patchify_patch_first") else (0, 1, 4, 6, 2, 3, 5)
    return x.transpose(order).reshape(b, 4 * c, t, h // 2, w // 2)


def unpatchify(x):
    b, c, t, h, w = x.shape
    return x.reshape(b, c // 4, 2, 2, t, h, w).transpose(0, 1, 4, 5, 2, 6, 3).reshape(b, c // 4, t, 2 * h, 2 * w)


def spans(total, length, count):
    first = total - (count - 1) * length
    if fault("chunk_remainder_last"):
        return [(i * length, (i + 1) * length if i + 1 < count else total) for i in range(count)]
    return [(0, first)] + [(first + i * length, first + (i + 1) * length) for i in range(count - 1)]


def factors(config):
    space, time = config["spatial_compression_list"], config["temporal_compression_list"]
    return [(i < max(len(space), len(time)), (time + [1] * 9)[i]) for i in range(len(config["block_out_channels"]) - 1)]


def project(w, key, x):
    return conv3d(x, w[f"{key}.weight"][:, :, None, None, None], w[f"{key}.bias"])


def encode(w, config, video, noise=None, note=lambda name, value: None):
    """(B, 3, T, H, W) -> (B, 64, t, h, w)"""
    caches, features, done = Caches(w), [], 0
    length = 2 ** (1 + sum(time == 2 for _, time in factors(config)))
    for i, (start, end) in enumerate(spans(video.shape[2], length, max(1, video.shape[2] // length))):
        x = caches.conv("encoder.conv_in", video[:, :, start:end])
        note(f"stage/conv_in/chunk{i}", x)
        for level, (smaller, time) in enumerate(factors(config)):
            for j in range(config["layers_per_block"]):
                x = resnet(caches, f"encoder.down_blocks.{level}.resnets.{j}.", x, None)
            x = down(caches, f"encoder.down_blocks.{level}.downsamplers.0.conv.", x, time == 2) if smaller else x
            note(f"stage/down{level}/chunk{i}", x)
        for j in range(2):
            x = resnet(caches, f"encoder.mid_block.resnets.{j}.", x, None)
        note(f"stage/mid/chunk{i}", x)
        x = channel_rms_norm(x, w["encoder.norm_out.gamma"])
        note(f"stage/norm_out/chunk{i}", x)
        x = patchify(caches.conv("encoder.conv_out", silu(x)))
        note(f"stage/conv_out/chunk{i}", unpatchify(x))
        mean, logvar = np.split(x, 2, 1)
        if noise is not None and not fault("posterior_noise_ignored"):
            share = 1 if fault("posterior_variance_for_deviation") else 0.5
            mean = half(mean + np.exp(share * np.clip(logvar, -30, 20)) * noise[:, :, done:done + x.shape[2]])
        done += x.shape[2]
        scale = 1 if fault("feature_scale_left_out") else w["scale_learnable_parameters"][0]
        features.append(half(project(w, "proj_down", mean) * scale))
    return np.concatenate(features, 2)


def decode(w, config, features, note=lambda name, value: None):
    """(B, 64, t, h, w) -> (B, 3, T, 16h, 16w)"""
    caches, video, latents = Caches(w), [], features.shape[2]
    for i, (start, end) in enumerate(spans(latents, 2, max(1, -(-latents // 2) - 1))):
        split = i == 0 and latents % 2 == 0
        z = unpatchify(project(w, "proj_up", half(features[:, :, start:end] / w["scale_learnable_parameters"][0])))
        x = caches.conv("decoder.conv_in", z)
        note(f"stage/conv_in/chunk{i}", x)
        for j in range(2):
            x = resnet(caches, f"decoder.mid_block.resnets.{j}.", x, z)
        note(f"stage/mid/chunk{i}", x)
        for level, (larger, time) in enumerate(reversed(factors(config))):
            for j in range(config["layers_per_block"] + 1):
                x = resnet(caches, f"decoder.up_blocks.{level}.resnets.{j}.", x, z)
            x = up(caches, f"decoder.up_blocks.{level}.upsamplers.0.conv.", x, time, split) if larger else x
            note(f"stage/up{level}/chunk{i}", x)
        x = conditioned_norm(w, "decoder.norm_out", x, z)
        note(f"stage/norm_out/chunk{i}", x)
        x = caches.conv("decoder.conv_out", silu(x))
        note(f"stage/conv_out/chunk{i}", x)
        video.append(x)
    return np.concatenate(video, 2)


def to_bytes(video):
    """(B, 3, T, H, W) -> (B, T, H, W, 3), blue first; frame 0 is overwritten by frame 1"""
    x = np.clip((video + np.float32(1)) / np.float32(2), 0, 1) * np.float32(255)
    bytes_ = np.rint(x) if fault("bytes_rounded") else np.floor(x)
    bytes_ = bytes_.astype(np.uint8).transpose(0, 2, 3, 4, 1)
    bytes_ = bytes_ if fault("bytes_red_first") else bytes_[..., ::-1]
    if bytes_.shape[1] > 1 and not fault("first_frame_not_overwritten"):
        bytes_ = np.concatenate([bytes_[:, 1:2], bytes_[:, 1:]], 1)
    return bytes_
