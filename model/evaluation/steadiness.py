"""How steady a system is: the same music in another form, or another excerpt of it, should get about the same EQ.

excerpts    two excerpts of one recording, from the middle of either half
mp3         MP3 at about 64 kbit/s and back (libsndfile's encoder)
96 kHz      resampled to 96 kHz
noise       white noise 40 dB below the clip
low-pass    fourth-order Butterworth at 4 kHz: heard through a telephone, dull by any standard
clipped     turned up by 12 dB and clipped at full scale (the clip's own peak)
padded      as much silence as there is sound, before and behind

A difference is the root mean square over `model.eq.GRID_HZ` of the difference between the two proposed curves, dB.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
import soundfile
import soxr

from model.eq import GRID_HZ, EQParams
from model.evaluation.adaptivity import Propose
from model.evaluation.clips import Clip

MP3_BITRATE_KBPS = 64
NOISE_DB, LOW_PASS_HZ, CLIPPED_BY_DB = -40.0, 4000.0, 12.0
_MP3_HZ = 44_100
# libsndfile takes a share from the highest bit rate (320 kbit/s) to the lowest (32 kbit/s) in steps of MPEG-1's table.
_MP3_LEVEL = (320 - MP3_BITRATE_KBPS) / (320 - 32)


def forms(clip: Clip) -> dict[str, tuple[np.ndarray, float]]:
    """Return ``clip`` in every form of the module's list but the first: audio [channels, samples] and Hz."""
    from scipy.signal import butter, sosfilt

    audio, rate_hz = clip.audio, clip.sample_rate
    peak = np.abs(audio).max()
    noise = np.random.default_rng(0).standard_normal(audio.shape).astype(np.float32)
    level = np.sqrt(np.mean(audio**2)) * 10 ** (NOISE_DB / 20)
    low_pass = butter(4, LOW_PASS_HZ, fs=rate_hz, output="sos")
    clipped = np.clip(audio * 10 ** (CLIPPED_BY_DB / 20), -peak, peak)
    return {
        "mp3": (_mp3(audio, rate_hz), _MP3_HZ),
        "96 kHz": (soxr.resample(audio.T, rate_hz, 96_000).T, 96_000),
        "noise": (audio + level * noise, rate_hz),
        "low-pass": (sosfilt(low_pass, audio).astype(np.float32), rate_hz),
        "clipped": (clipped, rate_hz),
        "padded": (np.pad(audio, ((0, 0), (audio.shape[1] // 2,) * 2)), rate_hz),
    }


def _mp3(audio: np.ndarray, rate_hz: float) -> np.ndarray:
    audio = soxr.resample(audio.T, rate_hz, _MP3_HZ)
    file = io.BytesIO()
    settings = {"compression_level": _MP3_LEVEL, "bitrate_mode": "CONSTANT"}
    soundfile.write(file, audio, _MP3_HZ, format="MP3", subtype="MPEG_LAYER_III", **settings)
    file.seek(0)
    return soundfile.read(file, dtype="float32", always_2d=True)[0].T


def differences(
    systems: Mapping[str, Propose], pairs: Iterable[tuple[Clip, Clip]], descriptors: Iterable[str]
) -> pd.DataFrame:
    """Ask every system for both excerpts of every recording, and for the first one in every form.

    Returns
    -------
    one row each: system, descriptor, clip, form, difference_db
    """
    rows = []
    for first, second in pairs:
        heard = {"excerpts": (second.audio, second.sample_rate), **forms(first)}
        heard = {form: (np.ascontiguousarray(audio), rate_hz) for form, (audio, rate_hz) in heard.items()}
        for system, propose in systems.items():
            for descriptor in descriptors:
                usual = _curve(propose, first.audio, first.sample_rate, descriptor)
                for form, (audio, rate_hz) in heard.items():
                    difference = np.sqrt(np.mean((_curve(propose, audio, rate_hz, descriptor) - usual) ** 2))
                    row = {"system": system, "descriptor": descriptor, "clip": first.name, "form": form}
                    rows.append({**row, "difference_db": float(difference)})
    return pd.DataFrame(rows)


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Return median and 90th percentile of what `differences` gave, per system, descriptor and form."""
    groups = rows.groupby(["system", "descriptor", "form"], sort=False).difference_db
    table = groups.agg(median_db="median", p90_db=lambda values: values.quantile(0.9))
    return table.reset_index()


def _curve(propose: Callable[..., EQParams], audio: np.ndarray, rate_hz: float, descriptor: str) -> np.ndarray:
    return propose(audio, rate_hz, descriptor).response(GRID_HZ, 44_100)
