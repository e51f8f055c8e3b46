"""The sampling loop: text (and given bits) to codes, video and bytes, stage by stage."""

import numpy as np

from ops import area, fault, half
from pyramid import change_width, clips, codes_of, expand, frequencies, quantize, text_rope, upsampled, visual_rope
from transformer import block, block_keys, embed, head, heads_of, prefix, project_text
from vae import decode, encode, to_bytes


def guide(raw, tau, scale, config):
    """raw (rows, L, 2 bits) -> flat logits of L x bits pairs"""
    rows = raw.astype(np.float64).reshape(len(raw), -1)
    if fault("temperature_inverted"):
        tau = 1 / tau
    if not fault("temperature_after_guidance"):
        rows = rows / tau
    if len(rows) == 1 or scale == 1:
        return rows[0]
    cond, uncond = rows[::-1] if fault("guidance_rows_swapped") else rows
    if config["guidance"] == "cfg":
        scale = scale + 1 if fault("guidance_one_more") else scale
        guided = scale * cond + (1 - scale) * uncond
    else:
        guided = projected(cond, uncond, scale, config["apg_norm_threshold"], config["apg_eta"])
    return guided / tau if fault("temperature_after_guidance") else guided


def projected(cond, uncond, scale, threshold, eta):
    diff = cond - uncond
    norm = np.sqrt(np.sum(diff**2) if fault("apg_norm_not_averaged") else np.mean(diff**2))
    if threshold > 0 and norm > threshold:
        diff = diff * (threshold / norm)
    unit = cond / max(np.sqrt(np.sum(cond**2)), 1e-12)
    along = np.sum(diff * unit) * unit
    across = diff if fault("apg_not_projected") else diff - along
    return cond + (scale - 1) * (across + (0 if fault("apg_not_projected") else eta) * along)


def draw(logits, uniforms):
    pairs = logits.reshape(-1, 2)
    zero = 1 / (1 + np.exp(pairs[:, 1] - pairs[:, 0]))
    if fault("draw_other_way"):
        return (uniforms < 1 - zero).astype(np.uint8)
    return (uniforms >= zero).astype(np.uint8)


def sample(case, note):
    c, w = case.config, case.weights
    model = c["model"]
    schedule, per = c["schedule"], c["scales_in_one_clip"]
    full = schedule[-1][1:]
    steps = expand(schedule, per, model["image_scale_repetition"], model["video_scale_repetition"], c.get("max_repeat_times", 10000))
    given, forced = c.get("gt_leak", 0), {}
    if case.kind == "sample_conditioned":
        features = encode(w, c["vae"], case.inputs["condition_video"])
        note("condition_features", features)
        count = next(i for i, clip in enumerate(clips(schedule, per) + [(9, 9, 9, [])]) if clip[1] >= features.shape[2])
        all_steps = expand(schedule[:count], per, model["image_scale_repetition"], model["video_scale_repetition"])

        def note_residual(name, value):
            if name.startswith("residual/"):
                k = int(name.split("/")[1])
                note(f"stage/condition/quantize/clip{all_steps[k]['si'] // per}/step{all_steps[k]['real_si']}/residual", value)
        bits, _ = quantize(w, {**model, **c["vae"]}, features, schedule[:count], per, all_steps, note_residual)
        forced, given = {step["real_si"]: one for step, one in zip(all_steps, bits)}, count
        for at, one in forced.items():
            note(f"condition_bits/{at}", one)
    else:
        forced = {s["real_si"]: case.inputs.get(f"gt_bits/{s['real_si']}") for s in steps}
    given += 1 if fault("one_scale_more_forced") and 0 < given < len(schedule) else 0

    heads, keys = heads_of(model), block_keys(model)
    inverse = frequencies(model["embed_dim"] // heads[0])
    rows = 2 if any(scale != 1 for scale in c["cfg"]) else 1
    cache = {}

    def run(name, tokens, rope, past):
        x, own = tokens, []
        for i, key in enumerate(keys):
            x, kv, y, seen = block(w, key, heads, x, rope, [one[i] for one in past])
            own.append(kv)
            note(f"stage/{name}/block{i}/attention/seen_keys", seen)
            note(f"stage/{name}/block{i}/attention", y)
            note(f"stage/{name}/block{i}", x)
        return x, own

    text = case.inputs["text"]
    tokens = project_text(w, model, text)[None] if rows == 1 else prefix(w, model, text, case.inputs.get("negative"))
    table = text_rope(inverse, len(text))
    note("stage/text/prefix", tokens)
    note("stage/text/rope", table)
    cache["text"] = run("text", tokens, table, [])[1]

    seen_first, conditions = ["text"], conditions_of(case, schedule)
    for place, features, times, at in conditions:
        table = visual_rope(inverse, model["text_maxlen"], at, times, features.shape[3:], full)
        tokens = np.repeat(embed(w, features), rows, 0)
        note(f"stage/{place}/embed", tokens)
        note(f"stage/{place}/rope", table)
        cache[place] = run(place, tokens, table, [])[1]
        seen_first.append(place)

    codes, channels = [], c["vae"]["latent_channels"] * 4
    quantizer = {**model, "use_learnable_dim_proj": c["vae"].get("use_learnable_dim_proj", 0)}
    for k, step in enumerate(steps):
        si, scale = step["si"], schedule[step["si"]]
        clip, start, end, references = clips(schedule, per)[si]
        if clip == len(codes):
            empty = np.zeros((1, channels, scale[0], *full), np.float32)
            codes.append(codes[-1] if codes and fault("clip_begins_with_former") and codes[-1].shape == empty.shape else empty)
        name = f"clip{clip}/scale{si % per}/rep{step['repeat']}"
        tokens = np.repeat(embed(w, area(half(codes[clip]), scale)), rows, 0)
        table = visual_rope(inverse, model["text_maxlen"], step["real_si"], np.arange(start, end), scale[1:], full)
        note(f"stage/{name}/embed", tokens)
        note(f"stage/{name}/rope", table)
        past = [cache[r] for r in references] + [cache[first] for first in seen_first]
        if fault("text_before_references"):
            past = past[::-1]
        hidden, own = run(name, tokens, table, past)
        if step["repeat"] == 0 if fault("keys_of_first_repetition") else step["last"]:
            cache[si] = own
        raw = head(w, hidden, si % per < c["semantic_scales"] and model.get("use_two_stage_lfq", 1))
        note(f"logits_raw/{k}", raw)
        guided = guide(raw, c["tau"][si], c["cfg"][0 if fault("guidance_scale_of_first") else si], c)
        note(f"logits_guided/{k}", guided.reshape(1, -1, 2))
        uniforms = case.inputs[f"uniforms/{min(step['real_si'], len(steps) - 1) if fault('uniforms_by_real_index') else k}"]
        width, count = raw.shape[-1] // 2, guided.size // 2
        uniforms = np.resize(uniforms, count)
        if fault("uniforms_bit_before_token"):
            uniforms = uniforms.reshape(width, -1).T.ravel()
        sampled = draw(guided, uniforms)
        note(f"bits_sampled/{k}", sampled)
        bits = sampled.reshape(1, *scale, width)
        at = step["repeat"] if fault("forced_by_repetition") else step["real_si"]
        if si < given and forced.get(at) is not None and forced[at].shape == bits.shape:
            bits = forced[at]
        note(f"bits_used/{k}", bits)
        if not (fault("one_repetition_fewer_added") and step["last"] and step["repeat"] > 0):
            codes[clip] = codes[clip] + upsampled(w, quantizer, bits, channels, full)
        note(f"summed/{k}", codes[clip])
    summed = np.concatenate(codes, 2)
    note("summed_codes", summed)
    if conditions:
        former = case.inputs["former_features"]
        note("returned_features", np.concatenate([former, summed], 2)[:, :, -former.shape[2]:])
        video = decode(w, c["vae"], np.concatenate([former[:, :, 1:], summed], 2))
        return note("frames_u8", to_bytes(video)[:, 4 * (former.shape[2] - 2) + 1:])
    video = decode(w, c["vae"], summed)
    note("returned_features", summed)
    note("video", video)
    note("frames_u8", to_bytes(video))


def conditions_of(case, schedule):
    """[(name, features, times, scale position)] of the former clip"""
    c = case.config
    if c.get("mode") != "second_v_clip":
        return []
    clip = case.inputs["former_features"][:, :, 1:]
    n = clip.shape[2]
    reduced = area(clip, (n, *schedule[c["semantic_scale_ind"]][1:]))
    chosen = np.concatenate([case.inputs["first_frame_features"], clip[:, :, c["detail_frame_inds"]]], 2)
    return [
        ("semantic", reduced, np.arange(1, n + 1), 800),
        ("detail", chosen, np.array([0, *(i + 1 for i in c["detail_frame_inds"])]), 801),
    ]
