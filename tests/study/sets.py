"""A small stimulus set of noises for the tests of the study: real FLAC files, made in a moment."""

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import soundfile

from model.eq import FLAT

CONDITIONS = ("original", "semantic", "flow", "static")
DESCRIPTORS = ("warm", "bright", "airy")
N_CLIPS = 10
RATE_HZ = 8000


def write_set(
    folder: Path,
    n_clips: int = N_CLIPS,
    descriptors=DESCRIPTORS,
    duration_s: float = 0.05,
    rate_hz: int = RATE_HZ,
    conditions=CONDITIONS,
) -> Path:
    """Write `manifest.json` and `audio/`; returns the folder."""
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    cells = [(f"clip{c}", k, d) for c in range(n_clips) for k in conditions for d in descriptors]
    rows = [_row(folder, i, "stimulus", cell, None, duration_s, rate_hz) for i, cell in enumerate(cells)]
    generated = [(kind, expected) for kind in ("headphones", "huggins") for expected in (1, 2, 3, 1, 2, 3)]
    generated += [("audible_check", n) for n in (2, 3, 4, 5)] + [("level", None), ("anchor", None)]
    for i, (kind, expected) in enumerate(generated, start=len(rows)):
        rows.append(_row(folder, i, kind, (None, None, None), expected, duration_s, rate_hz))
    clips = [{"clip": f"clip{c}", "title": f"Clip {c}", "source": "noise", "start_s": 0.0} for c in range(n_clips)]
    header = {"format": 1, "name": "noises", "sample_rate_hz": rate_hz, "loudness_lufs": -23.0, "model_hash": "0" * 64}
    header |= {"seed": 1, "recipe": None, "clips": [clip | {"duration_s": duration_s} for clip in clips]}
    manifest = header | {"stimuli": rows}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _row(
    folder: Path, index: int, kind: str, cell: tuple, expected: int | None, duration_s: float, rate_hz: int
) -> dict:
    name = hashlib.sha256(f"noise {index}".encode()).hexdigest()[:20]
    noise = np.random.default_rng(index).normal(scale=0.05, size=(int(duration_s * rate_hz), 2)).astype("float32")
    buffer = io.BytesIO()
    soundfile.write(buffer, noise, rate_hz, format="FLAC")
    (folder / "audio" / f"{name}.flac").write_bytes(buffer.getvalue())
    clip, condition, descriptor = cell
    measured = {
        "lufs": -23.0,
        "dbtp": -3.0,
        "baseline_score": 0.0,
        "sha256": hashlib.sha256(buffer.getvalue()).hexdigest(),
    }
    names = {"id": name, "kind": kind, "clip": clip, "condition": condition, "descriptor": descriptor}
    return names | measured | {"duration_s": duration_s, "parameters": FLAT.tolist(), "expected": expected}
