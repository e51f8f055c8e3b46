"""Blocks, cache, text prefix, heads; the text encoder."""

import math

import numpy as np

from ops import attention, fault, gelu, half, linear, rotary, silu, softmax, token_rms_norm


def block_keys(config):
    chunks = config["block_chunks"]
    per = config["depth"] // chunks
    keys = [f"block_chunks.{c}.module.{i}." for c in range(chunks) for i in range(per)] if chunks > 1 else [
        f"blocks.{i}." for i in range(config["depth"])]
    return keys[::-1] if fault("blocks_in_reverse") else keys


def heads_of(config):
    kv = config["num_key_value_heads"]
    return config["num_heads"], config["num_heads"] if kv == -1 else kv


def self_attention(w, key, heads, x, rope, past=()):
    """-> y (B, L, C), own (keys, values) (B, KV, L, D), all keys seen"""
    def project(name, count):
        bias = None if fault("attention_bias_ignored") else w.get(f"{key}{name}.bias")
        y = linear(x, w[f"{key}{name}.weight"], bias)
        return y.reshape(*y.shape[:2], count, -1).swapaxes(1, 2)

    q, k, v = project("q_proj", heads[0]), project("k_proj", heads[1]), project("v_proj", heads[1])
    if not fault("queries_keys_not_normed"):
        q, k = token_rms_norm(q, w[f"{key}q_norm.weight"]), token_rms_norm(k, w[f"{key}k_norm.weight"])
    q, k = rotary(q, rope), rotary(k, rope)
    keys = np.concatenate([*(p[0] for p in past), k], 2)
    values = np.concatenate([*(p[1] for p in past), v], 2)
    mixed = attention(q, keys, values).swapaxes(1, 2).reshape(*x.shape[:2], -1)
    bias = None if fault("attention_bias_ignored") else w.get(f"{key}o_proj.bias")
    return linear(mixed, w[f"{key}o_proj.weight"], bias), (k, v), keys


def mlp(w, key, x):
    gate, up = linear(x, w[f"{key}gate_proj.weight"]), linear(x, w[f"{key}up_proj.weight"])
    if fault("gate_up_swapped"):
        gate, up = up, gate
    return linear(half(silu(gate) * up), w[f"{key}down_proj.weight"])


def block(w, key, heads, x, rope, past=()):
    y, own, seen = self_attention(w, f"{key}attn.", heads, token_rms_norm(x, w[f"{key}input_layernorm.weight"]), rope, past)
    x = half(x + y)
    return half(x + mlp(w, f"{key}mlp.", token_rms_norm(x, w[f"{key}post_attention_layernorm.weight"]))), own, y, seen


def project_text(w, config, text):
    if config["simple_text_proj"]:
        return linear(text, w["text_proj.weight"], w["text_proj.bias"])
    if not fault("text_not_normed"):
        text = token_rms_norm(text, w["text_norm.weight"])
    return linear(gelu(linear(text, w["text_proj.0.weight"], w["text_proj.0.bias"])), w["text_proj.2.weight"], w["text_proj.2.bias"])


def prefix(w, config, text, negative=None):
    """(2, L, C): prompt, null or negative prompt"""
    n = len(text)
    null = w["cfg_uncond"][-n:] if fault("null_text_from_the_end") else w["cfg_uncond"][:n]
    other = null if negative is None or fault("negative_prompt_ignored") else negative
    if fault("negative_padded_before_projection"):
        other = np.pad(other, ((0, n - len(other)), (0, 0)))
    rows = [project_text(w, config, text), np.pad(project_text(w, config, other), ((0, n - len(other)), (0, 0)))]
    return np.stack(rows[::-1] if fault("prompt_rows_swapped") else rows)


def head(w, x, semantic):
    if fault("heads_swapped"):
        semantic = not semantic
    key = "semantic_head2" if semantic else "head"
    return linear(token_rms_norm(x, w["norm_hidden_sates.weight"]), w[f"{key}.weight"], w[f"{key}.bias"])


def embed(w, code):
    """(1, C, t, h, w) -> (1, L, C)"""
    return linear(code.reshape(*code.shape[:2], -1).swapaxes(1, 2), w["word_embed.weight"], w["word_embed.bias"])


def bucket(distance, count, most):
    """of relative positions, key minus query"""
    distance = -distance if fault("t5_bucket_sign") else distance
    half_count = count // 2
    exact = half_count // 2
    size = np.abs(distance)
    near = size < (exact - 1 if fault("t5_bucket_border") else exact)
    far = exact + (np.log(np.maximum(size, 1).astype(np.float32) / exact) / np.float32(math.log(most / exact)) * (half_count - exact)).astype(int)
    return np.where(distance > 0, half_count, 0) + np.where(near, size, np.minimum(far, half_count - 1))


def t5(w, config, ids, mask, note):
    """stages of the encoder, (B, L, d)"""
    eps, heads = config.get("layer_norm_epsilon", 1e-6), config["num_heads"]
    x = half(w["shared.weight"][ids])
    note("embeddings", x)
    at = np.arange(ids.shape[1])
    key = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
    buckets = bucket(at[None, :] - at[:, None], config["relative_attention_num_buckets"], config["relative_attention_max_distance"])
    bias = w[key][buckets].transpose(2, 0, 1)[None]  # (1, H, L, L)
    note("position_bias", bias)
    hidden = np.where(mask[:, None, None, :] > 0, 0, np.finfo(np.float32).min).astype(np.float32)
    for i in range(config["num_layers"]):
        base = f"encoder.block.{i}.layer."
        y = token_rms_norm(x, w[f"{base}0.layer_norm.weight"], eps)
        q, k, v = (linear(y, w[f"{base}0.SelfAttention.{n}.weight"]).reshape(*y.shape[:2], heads, -1).swapaxes(1, 2) for n in "qkv")
        scores = half(q @ k.swapaxes(-1, -2))
        scores = scores / math.sqrt(q.shape[-1]) if fault("t5_scores_scaled") else scores
        scores = scores if i > 0 and fault("t5_bias_in_first_layer_only") else scores + bias
        mixed = half(half(softmax(scores + hidden)) @ v).swapaxes(1, 2).reshape(*y.shape[:2], -1)
        x = half(x + linear(mixed, w[f"{base}0.SelfAttention.o.weight"]))
        note(f"attention/{i}", x)
        y = token_rms_norm(x, w[f"{base}1.layer_norm.weight"], eps)
        ff = f"{base}1.DenseReluDense."
        if f"{ff}wi_0.weight" in w:
            y = half(gelu(linear(y, w[f"{ff}wi_0.weight"])) * linear(y, w[f"{ff}wi_1.weight"]))
        else:
            y = np.maximum(linear(y, w[f"{ff}wi.weight"]), 0)
        x = half(x + linear(y, w[f"{ff}wo.weight"]))
        note(f"block/{i}", x)
    return token_rms_norm(x, w["encoder.final_layer_norm.weight"], eps)
