"""What can be downloaded: the audio, the 13 parameters, and a preset that other equalisers load.

The preset is Equalizer APO's text format (also read by EasyEffects, Peace, AutoEq's tools and others): one ``Filter``
line per band. ``LSC`` and ``HSC`` are shelves given by centre frequency and Q, ``PK`` is a peaking filter; all three
are the cookbook's biquads, which are ours too, so the curve is the same.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from model import EQParams

BANDS = ("low shelf", "peaking 1", "peaking 2", "peaking 3", "high shelf")
SHELF_Q = 0.71
HIGHEST_PEAK = 10 ** (-1 / 20)


def bands(setting: EQParams) -> list[dict[str, float | str]]:
    """The five bands with names and units, shelves with the Q that they have."""
    v = setting.to_safe()
    rows = [(v[0], v[1], SHELF_Q), *(tuple(v[i : i + 3]) for i in (2, 5, 8)), (v[11], v[12], SHELF_Q)]
    return [
        {"band": name, "gain_db": gain, "frequency_hz": frequency, "q": q}
        for name, (gain, frequency, q) in zip(BANDS, rows, strict=True)
    ]


def to_json(setting: EQParams, about: dict[str, Any]) -> str:
    """The setting as JSON: what it is for, the 13 numbers in SAFE-DB's order, and the same by band."""
    return json.dumps({**about, "parameters": setting.to_safe(), "bands": bands(setting)}, indent=1, ensure_ascii=False)


def to_csv(setting: EQParams) -> str:
    """The setting as CSV, one row per band."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["band", "gain_db", "frequency_hz", "q"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(bands(setting))
    return text.getvalue()


def to_preset(setting: EQParams, about: dict[str, Any]) -> str:
    """The setting as an Equalizer APO preset, with a preamp that keeps boosts from clipping."""
    highest_db = float(setting.response(np.geomspace(20, 20_000, 400), 44_100).max())
    lines = [
        f"# {about['condition']}, {about['descriptors']}, intensity {about['intensity']:g}",
        f"Preamp: {-max(0.0, highest_db):.1f} dB",
    ]
    kinds = ("LSC", "PK", "PK", "PK", "HSC")
    for number, (kind, band) in enumerate(zip(kinds, bands(setting), strict=True), 1):
        where = f"Fc {band['frequency_hz']:.2f} Hz Gain {band['gain_db']:.2f} dB Q {band['q']:.3f}"
        lines.append(f"Filter {number}: ON {kind} {where}")
    return "\n".join(lines) + "\n"


def to_flac(setting: EQParams, audio: np.ndarray, sample_rate_hz: int, loudness_lufs: float) -> bytes:
    """The equalised clip at ``loudness_lufs`` (ITU-R BS.1770), or lower where its peaks need it, as 24-bit FLAC."""
    import pyloudnorm
    import soundfile

    equalised = setting.apply(audio, sample_rate_hz).astype(np.float64)
    loudness = pyloudnorm.Meter(sample_rate_hz).integrated_loudness(equalised.T)
    if not np.isfinite(loudness):
        raise ValueError("The clip is too quiet for a loudness to be measured.")
    equalised *= 10 ** ((loudness_lufs - loudness) / 20)
    equalised *= min(1.0, HIGHEST_PEAK / np.abs(equalised).max())
    file = io.BytesIO()
    soundfile.write(file, equalised.T, sample_rate_hz, format="FLAC", subtype="PCM_24")
    return file.getvalue()
