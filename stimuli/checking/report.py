"""One page to hear and see a stimulus set before any participant does."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import soundfile as sf
from scipy.signal import welch

from model import EQParams
from stimuli.checking.plots import Line, plot
from stimuli.checking.summary import GRID_HZ, curves_db, differences_db
from stimuli.manifest import ClipInfo, Manifest, Stimulus, write_whole
from stimuli.music import audio

_EQ_DB, _SPECTRUM_DB = (-18.0, 18.0), (-60.0, 0.0)
_N_STYLES = 8
_THIRDS_HZ = 1000 * 2.0 ** (np.arange(-14, 13) / 3)
_KIND_TITLES = {
    "level": "Level setting",
    "headphones": "Headphone screening, 200 Hz tones",
    "huggins": "Headphone screening, Huggins pitch",
    "audible_check": "Beep-counting check",
    "anchor": "Low-pass anchors",
}


def write_report(
    manifest: Manifest,
    out: Path | None = None,
    embed: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the report of a set.

    Parameters
    ----------
    out
        The page; `report.html` in the set's folder by default, from where it plays the set's own files.
    embed
        Puts the audio into the page as MP3, so that it can be sent; for a quick listen, not for judging detail.

    Returns
    -------
    Path
        The page that was written.
    """
    out = Path(out or manifest.place / "report.html")
    sound = {}
    for number, stimulus in enumerate(manifest.stimuli, 1):
        sound[stimulus.id] = _Sound(manifest, stimulus, out, embed)
        if on_progress:
            on_progress(number, len(manifest.stimuli))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("report.html.jinja").render(
        manifest=manifest,
        styles=_styles(manifest),
        overview=_overview(manifest),
        differences=differences_db(manifest),
        clips=[_clip(manifest, clip, sound) for clip in manifest.clips],
        generated=_generated(manifest, sound),
        loudness=_ranges(manifest),
        embed=embed,
    )
    write_whole(out, page.encode())
    return out


class _Sound:
    """What the page needs of one file: where to play it from and its spectrum in third octaves."""

    def __init__(self, manifest: Manifest, stimulus: Stimulus, out: Path, embed: bool):
        path = manifest.audio_path(stimulus.id)
        samples, rate_hz = audio.read(path)
        self.address = _embedded(samples, rate_hz) if embed else _relative(path, out)
        self.spectrum_db = _third_octaves_db(samples, rate_hz) if stimulus.kind == "stimulus" else None


def _embedded(samples: np.ndarray, rate_hz: int) -> str:
    file = io.BytesIO()
    sf.write(file, samples.T, rate_hz, format="MP3")
    return f"data:audio/mpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _relative(path: Path, out: Path) -> str:
    return Path(os.path.relpath(path.resolve(), out.resolve().parent)).as_posix()


def _third_octaves_db(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """The share of each third octave in the power of both channels, in dB."""
    frequency_hz, power = welch(samples, rate_hz, nperseg=min(16384, samples.shape[-1]))
    power = power.sum(axis=0)
    edges = np.searchsorted(frequency_hz, [*_THIRDS_HZ / 2 ** (1 / 6), 18000])
    bands = np.array([power[low:high].sum() for low, high in pairwise(edges)])
    return 10 * np.log10(bands / power.sum() + 1e-12)


def _styles(manifest: Manifest) -> dict[str, str]:
    """A colour and dash for each condition, by order; grey for the original."""
    others = [condition for condition in manifest.conditions if condition != "original"]
    return {"original": "c0"} | {name: f"c{1 + index % _N_STYLES}" for index, name in enumerate(others)}


def _overview(manifest: Manifest) -> list[dict[str, Any]]:
    """Per descriptor, a plot per condition: every clip's EQ and their mean."""
    rows = []
    for descriptor in manifest.descriptors:
        panels = []
        for condition, style in _styles(manifest).items():
            curves = curves_db(manifest, condition, descriptor)
            if not curves or condition == "original":
                continue
            lines = [Line(GRID_HZ, curve, f"thin {style}") for curve in curves.values()]
            lines.append(Line(GRID_HZ, np.mean(list(curves.values()), axis=0), f"thick {style}"))
            label = f"EQ of {condition} for {descriptor}, one line per clip and their mean"
            panels.append({"condition": condition, "svg": plot(lines, _EQ_DB, 6, label)})
        rows.append({"descriptor": descriptor, "panels": panels})
    return rows


def _clip(manifest: Manifest, clip: ClipInfo, sound: dict[str, _Sound]) -> dict[str, Any]:
    stimuli = [each for each in manifest.of_kind("stimulus") if each.clip == clip.clip]
    groups = []
    for descriptor in manifest.descriptors:
        group = [each for each in stimuli if each.descriptor == descriptor]
        groups.append(_group(manifest, clip.clip, descriptor, group, sound))
    return {"info": clip, "groups": groups}


def _group(
    manifest: Manifest, clip: str, descriptor: str, group: list[Stimulus], sound: dict[str, _Sound]
) -> dict[str, Any]:
    styles, rate_hz = {each.id: _styles(manifest)[str(each.condition)] for each in group}, manifest.sample_rate_hz
    eqs = [
        Line(GRID_HZ, EQParams.from_safe(each.parameters).response(GRID_HZ, rate_hz), styles[each.id])
        for each in group
        if each.parameters
    ]
    measured = [(each.id, sound[each.id].spectrum_db) for each in group]
    spectra = [Line(_THIRDS_HZ, found, styles[name]) for name, found in measured if found is not None]
    return {
        "descriptor": descriptor,
        "baseline_score": group[0].baseline_score if group else None,
        "stimuli": [(each, styles[each.id], sound[each.id].address) for each in group],
        "eq": plot(eqs, _EQ_DB, 6, f"EQ curves of {clip} for {descriptor}"),
        "spectrum": plot(spectra, _SPECTRUM_DB, 20, f"Third-octave spectra of {clip} for {descriptor}"),
    }


def _generated(manifest: Manifest, sound: dict[str, _Sound]) -> list[dict[str, Any]]:
    kinds = []
    for kind, title in _KIND_TITLES.items():
        items = [(each, sound[each.id].address) for each in manifest.of_kind(kind)]
        if items:
            kinds.append({"title": title, "items": items})
    return kinds


def _ranges(manifest: Manifest) -> dict[str, float]:
    stimuli = manifest.of_kind("stimulus")
    lufs, dbtp = [each.lufs for each in stimuli if each.lufs is not None], [each.dbtp for each in stimuli]
    return {"quietest": min(lufs), "loudest": max(lufs), "highest_peak": max(dbtp), "lowest_peak": min(dbtp)}
