"""An outside port of InfinityStar in NumPy, with faults to plant: what the tests of the kit drive.

    python3 port.py <kit> <results> [--fault NAME | --precision bf16] [--only ids.json]
        computes every case that it can; prints {"<id>": [faults that the case could show]} as JSON
"""

import json
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

import ops
import pyramid
import sampler
import transformer
import vae


class Case:
    def __init__(self, kit, entry):
        folder = os.path.join(kit, entry["id"])
        with open(os.path.join(folder, "case.json")) as file:
            self.description = json.load(file)
        self.kind, self.config = entry["kind"], self.description.get("config", {})
        self.inputs, self.weights, self.given = {}, {}, {}
        if os.path.exists(os.path.join(folder, "in.json")):
            with open(os.path.join(folder, "in.json")) as file:
                self.given = json.load(file)
        names = [os.path.join(kit, name) for name in self.description.get("weights_npz") or []]
        for path in [*names, os.path.join(folder, "tensors.npz")]:
            if os.path.exists(path):
                with np.load(path) as archive:
                    for key in archive.files:
                        if key.startswith("w/"):
                            self.weights[key[2:]] = archive[key]
                        elif key.startswith("in/"):
                            self.inputs[key[3:]] = archive[key]


def official(rope):
    return rope.reshape(2, 1, 1, 1, *rope.shape[1:])


def rope_visual(case, note):
    c = case.config
    inverse = pyramid.frequencies(c["head_dim"], c.get("base", 10000))
    for item in c["items"]:
        if case.kind == "rope_visual":
            scale, full = c["schedule"][item["si"]], c["schedule"][-1]
            start, end = pyramid.clips(c["schedule"], len(c["schedule"]))[0][1:3] if "scales_in_one_clip" not in c else (0, 0)
            per = sum(1 for s in c["schedule"] if s[1:] == c["schedule"][0][1:]) and len(c["schedule"]) // sum(1 for s in c["schedule"] if s[1:] == c["schedule"][0][1:])
            start, end = pyramid.clips(c["schedule"], per)[item["si"]][1:3]
            frames = np.arange(start, end)
        else:
            scale, full, frames = item["scale"], c["largest_scale"], item["t_list"]
        note(item["out"], official(pyramid.visual_rope(inverse, c["text_maxlen"], item["real_si"], frames, scale[1:], full[1:])))


def rope_tables(case, note):
    c = case.config
    inverse = pyramid.frequencies(c["head_dim"], c.get("base", 10000))
    note("freqs_text", official(pyramid.text_rope(inverse, c["text_maxlen"])))
    note("freqs_scales", pyramid.table(c["text_maxlen"] + np.arange(c["max_scales"]), inverse))
    for axis in ("frames", "height", "width"):
        note(f"freqs_{axis}", pyramid.table(np.arange(c[f"max_{axis}"]), inverse))


def rope_positions(case, note):
    c = case.config
    steps = pyramid.expand(c["schedule"], c["scales_in_one_clip"], c["image_scale_repetition"], c["video_scale_repetition"], c["max_repeat_times"])
    note("real_si", np.array([s["real_si"] for s in steps], np.int64))
    for k, s in enumerate(steps):
        _, start, end, _ = pyramid.clips(c["schedule"], c["scales_in_one_clip"])[s["si"]]
        _, h, w = c["schedule"][s["si"]]
        note(f"scale/{k}", np.array([c["text_maxlen"] + s["real_si"]]))
        note(f"time/{k}", np.arange(start, end))
        note(f"height/{k}", pyramid.grid_rows(h, c["schedule"][-1][1]))
        note(f"width/{k}", pyramid.grid_rows(w, c["schedule"][-1][2]))


def chunked(case, note, layer):
    caches = vae.Caches(case.weights)
    i = 0
    while f"x{i}" in case.inputs:
        note(f"y{i}", layer(caches, case.inputs[f"x{i}"], i))
        i += 1


def resnet_block(case, note):
    def layer(caches, x, i):
        return vae.resnet(caches, "", x, case.inputs.get(f"z{i}"), lambda name, value: note(f"stage/{name}/{i}", value))
    chunked(case, note, layer)


def up_block(case, note):
    split = case.config.get("split_first") or []
    chunked(case, note, lambda caches, x, i: vae.up(caches, "", x, case.config.get("compress_time") or 1, i < len(split) and split[i]))


def causal_conv3d(case, note):
    x, start, cache = case.inputs["x"], 0, None
    w, b = case.weights["conv.weight"], case.weights["conv.bias"]
    for i, n in enumerate(case.config["chunks"]):
        y, cache = ops.causal_conv(x[:, :, start:start + n], w, b, cache)
        note(f"y{i}", y)
        note(f"cache{i}", cache)
        start += n
    note("y_single_pass", ops.causal_conv(x, w, b)[0])


def residual_quantization(case, note):
    c = case.config
    steps = pyramid.expand(c["schedule"], c["scales_in_one_clip"], c["image_scale_repetition"], c["video_scale_repetition"])
    note("summed_codes", pyramid.quantize(case.weights, c, case.inputs["features"], c["schedule"], c["scales_in_one_clip"], steps, note)[1])


def bsq(case, note):
    x = case.inputs["x"] if case.config["channel_first"] else case.inputs["x"].swapaxes(1, 2)
    bits = pyramid.bits_of(x)
    codes = pyramid.codes_of(bits)
    note("quantized", codes if case.config["channel_first"] else codes.swapaxes(1, 2))
    note("bits", bits)
    note("codes_from_bits", codes)


def block_cached(case, note):
    c, cache = case.config, {}
    for i, call in enumerate(c["calls"]):
        past = [cache[key] for key in [*call["visible_scales"], *call["visible_text"]]]
        rope = case.inputs[f"rope/{i}"].reshape(2, -1, case.inputs[f"rope/{i}"].shape[-1])
        y, own, _, _ = transformer.block(case.weights, "", transformer.heads_of(c), case.inputs[f"x/{i}"], rope, past)
        note(f"y/{i}", y)
        if call["store"]:
            cache[call["scale_ind"]] = own


def block(case, note):
    rope = case.inputs["rope"].reshape(2, -1, case.inputs["rope"].shape[-1])
    y, _, attended, _ = transformer.block(case.weights, "", transformer.heads_of(case.config), case.inputs["x"], rope)
    note("attn_out", attended)
    note("y", y)


def text_prefix(case, note):
    text, c, w = case.inputs["text"], case.config, case.weights
    note("no_guidance", transformer.project_text(w, c, text)[None])
    note("learned_null", transformer.prefix(w, c, text))
    note("negative", transformer.prefix(w, c, text, case.inputs["negative"]))


def t5_encoder(case, note):
    lengths = case.config["lengths"]
    rows = case.config.get("position_bias_rows")

    def kept(name, x):
        if name == "position_bias":
            square = x[0][:, :max(lengths), :max(lengths)]
            return note(name, square if rows is None else square[:, rows])
        return note(name, np.concatenate([x[i, :n] for i, n in enumerate(lengths)]))
    last = transformer.t5(case.weights, case.config, case.inputs["ids"].astype(int), case.inputs["mask"], kept)
    kept("kept", last)
    note("last_hidden_state", last)


def attention(case, note):
    q, k, v = (case.inputs[n] for n in "qkv")
    if q.shape[1] != case.config["heads"]:
        q, k, v = (x.swapaxes(1, 2) for x in (q, k, v))
    note("k_repeated", ops.repeat_heads(k, q.shape[1]))
    note("y", ops.attention(q, k, v).swapaxes(1, 2))


def buckets(case, note):
    at = np.arange(case.config["from"], case.config["to"] + 1)
    for i, item in enumerate(case.config["items"]):
        note(f"bucket{i}", transformer.bucket(at, item["num_buckets"], item["max_distance"]))


def each(case, note, function):
    for item in case.config["items"]:
        note(item["out"], function(item))


def activations(case, note):
    note("gelu_tanh", ops.gelu(case.inputs["x"]))
    note("silu", ops.silu(case.inputs["x"]))


def patchify(case, note):
    note("patched", vae.patchify(case.inputs["x"]))
    note("restored", vae.unpatchify(vae.patchify(case.inputs["x"])))


def rotary(case, note):
    rope = case.inputs["rope"].reshape(2, -1, case.inputs["rope"].shape[-1])
    note("q_rot", ops.rotary(case.inputs["q"], rope))
    note("k_rot", ops.rotary(case.inputs["k"], rope))


def heads(case, note):
    note("semantic", transformer.head(case.weights, case.inputs["x"], True))
    note("detail", transformer.head(case.weights, case.inputs["x"], False))


def vae_encode(case, note):
    note("features", vae.encode(case.weights, case.config, case.inputs["video"], case.inputs.get("noise"), note))


def guidance(case, note):
    each(case, note, lambda item: sampler.projected(case.inputs["cond"].astype(np.float64), case.inputs["uncond"].astype(np.float64), item["guidance_scale"], item["norm_threshold"], item["eta"]))


def base_scales(case, note):
    count = {"0.06M": 11, "0.25M": 13, "0.40M": 14, "0.90M": 15}[case.config["pn"]]
    for key, sizes in pyramid.ratio_table().items():
        note(f"sizes/{key}", sizes[:count])


def nearest_ratio(case, note):
    keys = list(pyramid.ratio_table())
    note("templates", [min(keys, key=lambda key: abs(key - value)) for value in case.given["values"]])


KINDS = {
    "nearest_ratio": nearest_ratio,
    "base_scales": base_scales, "sample_interact": sampler.sample,
    "training_mask": lambda case, note: note("visible", pyramid.visible(case.config["samples"])),
    "activations": activations, "rope_tables": rope_tables, "rope_visual": rope_visual, "rope_visual_interact": rope_visual,
    "rope_positions": rope_positions, "causal_conv3d": causal_conv3d, "residual_quantization": residual_quantization, "bsq": bsq,
    "block": block, "block_cached": block_cached, "text_prefix": text_prefix, "t5_encoder": t5_encoder, "t5_buckets": buckets,
    "gqa_attention": attention, "patchify": patchify, "rotary": rotary, "heads": heads, "resnet_block": resnet_block,
    "up_block": up_block, "vae_encode": vae_encode, "projected_guidance": guidance, "sample": sampler.sample, "sample_conditioned": sampler.sample,
    "token_rms_norm": lambda case, note: note("y", ops.token_rms_norm(case.inputs["x"], case.weights["weight"], case.config["eps"])),
    "channel_rms_norm": lambda case, note: note("y", ops.channel_rms_norm(case.inputs["x"], case.weights["gamma"])),
    "gated_mlp": lambda case, note: note("y", transformer.mlp(case.weights, "", case.inputs["x"])),
    "interpolate": lambda case, note: each(case, note, lambda item: (ops.area if case.config["mode"] == "area" else ops.trilinear)(case.inputs[item["in"]], item["size"])),
    "rope_frequencies": lambda case, note: note("inverse_frequencies", pyramid.frequencies(case.config["head_dim"])),
    "vocabularies": lambda case, note: note("bits_per_token", np.array([pyramid.width_of(case.config, s) for s in case.config["schedule"]])),
    "frames": lambda case, note: note("bytes", vae.to_bytes(case.inputs["video"])),
    "bsq_codes": lambda case, note: note("codes", pyramid.codes_of(case.inputs["bits"])),
    "down_block": lambda case, note: chunked(case, note, lambda caches, x, i: vae.down(caches, "", x, case.config.get("compress_time") == 2)),
    "vae_decode": lambda case, note: note("video", vae.decode(case.weights, case.config, case.inputs["features"], note)),
    "embed_codes": lambda case, note: note("tokens", np.repeat(transformer.embed(case.weights, case.inputs["codes"]), case.config["repeat"], 0)),
}


def compute(kit, entry, stem):
    case, outputs = Case(kit, entry), {}
    wanted = {output["name"] for output in case.description["outputs"]}
    answers = {}

    def note(name, value):
        if name in case.description["json_outputs"]:
            answers[name] = value
        elif name in wanted:
            outputs[name] = np.asarray(value, np.float32 if np.asarray(value).dtype == np.float64 else None)
    KINDS[entry["kind"]](case, note)
    os.makedirs(os.path.dirname(stem), exist_ok=True)
    if answers:
        with open(f"{stem}.json", "w") as file:
            json.dump(answers, file)
    else:
        np.savez(f"{stem}.npz", **outputs)


def main(kit, results, *options):
    options = dict(zip(options[::2], options[1::2]))
    ops.PLANTED, ops.PRECISION = options.get("--fault"), options.get("--precision", "float32")
    with open(os.path.join(kit, "kit.json")) as file:
        entries = json.load(file)["cases"]
    only = json.loads(options["--only"]) if "--only" in options else None
    asked = {}
    for entry in entries:
        if entry["kind"] in KINDS and (only is None or entry["id"] in only):
            ops.ASKED.clear()
            compute(kit, entry, os.path.join(results, entry["id"]))
            asked[entry["id"]] = sorted(ops.ASKED)
    print(json.dumps(asked))


if __name__ == "__main__":
    main(*sys.argv[1:])
