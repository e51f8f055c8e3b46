"""A port of one step in NumPy, to show how a kit is read and answered: RMS norm over channels (step V2).

    python3 port.py <kit> <results>     compute every case of the kind, for `infinitystar kit check <kit> <results>`
    python3 port.py                     be driven by `infinitystar kit run <kit> --exec "python3 port.py"`
"""

import json
import sys
from pathlib import Path

import numpy as np


def channel_rms_norm(x, gamma):
    """x (B, C, T, H, W) / max(||x||, 1e-12) * sqrt(C) * gamma (C, 1, 1, 1)"""
    length = np.sqrt(np.sum(np.square(x, dtype=np.float64), axis=1, keepdims=True))
    return (x / np.maximum(length, 1e-12) * np.sqrt(x.shape[1]) * gamma).astype(np.float32)


KINDS = {
    "channel_rms_norm": lambda case: {"y": channel_rms_norm(case["in/x"], case["w/gamma"])},
}


def run_case(kind, folder, stem):
    """Reads tensors.npz of a case, writes <stem>.npz with an array for every output."""
    with np.load(Path(folder) / "tensors.npz") as case:
        outputs = KINDS[kind](case)
    Path(stem).parent.mkdir(parents=True, exist_ok=True)
    np.savez(f"{stem}.npz", **outputs)


def run_kit(kit, results):
    for case in json.loads((Path(kit) / "kit.json").read_text())["cases"]:
        if case["kind"] in KINDS:
            run_case(case["kind"], Path(kit) / case["id"], Path(results) / case["id"])


def serve():
    for line in sys.stdin:
        question = json.loads(line)
        if "bye" in question:
            return
        if "run" not in question:
            answer = {"kit": 1, "name": "NumPy example", "kinds": list(KINDS)}
        else:
            run_case(question["kind"], question["case"], question["results"])
            answer = {"done": question["run"]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    run_kit(*sys.argv[1:]) if len(sys.argv) == 3 else serve()
