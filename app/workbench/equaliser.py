"""The tab that equalises one recording: towards words or another recording, heard before and after at one loudness.

`/describe`, `/equalise` and `/reference` are its named endpoints; what the page shows beside their results is drawn by
events of its own.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import soundfile as sf
from matplotlib.figure import Figure

from app import equalising
from app.playground import exports
from app.playground.equalisers import INTENSITIES, Equalisers
from app.workbench import curves
from app.workbench.errors import refused, reports_errors
from app.workbench.places import new_folder
from model import CONDITIONS, EQParams
from stimuli.music.clips import built_in, built_in_clips
from stimuli.rendering import loudness

RATE_HZ = 44_100
HEARD = CONDITIONS[1:]
NO_CLIP = "There is no clip yet: drop a recording, or choose a built-in one."
ALREADY = "How much it already sounds so (0: usual for music, 1: as if equalised)"
INTRODUCTION = """### Equalise one recording
Drop a clip, choose the words that it is to sound like, and compare it before and after **at one loudness**."""


def fill() -> None:
    """Draw the tab."""
    gr.Markdown(INTRODUCTION)
    with gr.Row():
        with gr.Column(min_width=280):
            clip = gr.Audio(label="Clip", sources=["upload"], type="filepath", editable=False, buttons=[])
            shipped = [(each.title, each.name) for each in built_in_clips()]
            chosen = gr.Dropdown(shipped, value=None, label="or a built-in clip")
            about = gr.Dataframe(headers=["word", "already so"], label=ALREADY, interactive=False, visible=False)
        with gr.Column(min_width=320, scale=2):
            words = gr.CheckboxGroup(
                known_words(), value=["warm"], label="Words", info="Several words share the dose equally."
            )
            condition = gr.Radio(HEARD, value="semantic", label="Condition", info="semantic listens to the clip first.")
            intensity = gr.Slider(0, 1, value=1, step=0.05, label="Intensity", info="0 leaves the clip untouched.")
            equalise_it = gr.Button("Equalise", variant="primary")
            with gr.Accordion("Towards another recording instead", open=False):
                other = gr.Audio(label="Reference", sources=["upload"], type="filepath", editable=False, buttons=[])
                way = gr.Radio(equalising.BY_REFERENCE, value=equalising.BY_REFERENCE[0], label="Condition")
                match_it = gr.Button("Take the clip to this sound")
            plot = gr.Plot(label="Curves", show_label=False)
    with gr.Row():
        before = gr.Audio(label="Before", interactive=False, type="filepath", buttons=["download"])
        after = gr.Audio(label="After, at the same loudness", interactive=False, type="filepath", buttons=["download"])
    with gr.Row():
        sound = gr.File(label="Equalised recording", interactive=False)
        files = gr.File(label="Its setting: preset and table", file_count="multiple", interactive=False)
    setting, scores = gr.JSON(visible=False), gr.JSON(visible=False)

    chosen.input(take_built_in, chosen, clip, api_visibility="private")
    clip.change(describe, clip, scores, api_name="describe").then(
        shown_scores, scores, about, api_visibility="private", show_progress="hidden"
    )
    asked = {
        "equalise": (equalise_it, equalise, [clip, words, intensity, condition]),
        "reference": (match_it, take_to_reference, [clip, other, intensity, way]),
    }
    for name, (button, function, inputs) in asked.items():
        done = button.click(function, inputs, [sound, setting], api_name=name)
        done.success(compare, [clip, setting], [before, after, plot, files], api_visibility="private")


@reports_errors
def take_built_in(name: str | None) -> str | None:
    """A built-in clip as a file that is called after it."""
    if not name:
        return None
    path = new_folder() / f"{name}.wav"
    sf.write(path, built_in(name).T, RATE_HZ, subtype="PCM_24")
    return str(path)


@reports_errors
def describe(clip: str | None) -> dict[str, float] | None:
    """How much a recording already sounds like each word: 0 is usual for music, 1 as if it had been equalised so."""
    if clip is None:
        return None
    return {word: round(score, 3) for word, score in _equalisers().profile(*_read(clip)).items()}


@reports_errors
def equalise(clip: str | None, words: list[str], intensity: float, condition: str) -> tuple[str, dict[str, Any]]:
    """Equalise a recording towards words.

    Returns
    -------
    tuple
        The equalised recording (24-bit FLAC, called after the clip), and its setting: what was asked for, the 13
        parameters in SAFE-DB's order, the same by band, and the response of every condition.
    """
    if not words:
        raise refused("Choose at least one word.")
    audio, rate_hz = _read(clip)
    step = round(intensity * (len(INTENSITIES) - 1))
    paths = _equalisers().paths(audio, rate_hz, dict.fromkeys(words, 1.0))
    about = {"condition": condition, "descriptors": " and ".join(words), "intensity": INTENSITIES[step]}
    return _finished(clip, about, {name: paths[name][step] for name in HEARD})


@reports_errors
def take_to_reference(
    clip: str | None, reference: str | None, intensity: float, condition: str
) -> tuple[str, dict[str, Any]]:
    """Equalise a recording towards the sound of another; returns what `equalise` does."""
    audio, rate_hz = _read(clip)
    if reference is None:
        raise refused("There is no reference yet: drop the recording that the clip is to sound like.")
    setting = equalising.propose_by_reference(condition, audio, rate_hz, Path(reference), intensity)
    about = {"condition": condition, "descriptors": Path(reference).stem, "intensity": intensity}
    return _finished(clip, about, {condition: setting})


@reports_errors
def compare(clip: str | None, about: dict[str, Any]) -> tuple[str, str, Figure, list[str]]:
    """Both versions at one loudness, the curves, and the setting as files."""
    audio, rate_hz = _read(clip)
    setting = EQParams.from_safe(about["parameters"])
    folder, name = new_folder(), _name(str(clip), about)
    heard = loudness.alike([audio, setting.apply(audio, rate_hz)], rate_hz)
    paths = [folder / f"{name}, {when}.flac" for when in ("before", "after")]
    for path, sound in zip(paths, heard, strict=True):
        sf.write(path, sound.T, rate_hz, subtype="PCM_24")
    settings = {"txt": exports.to_preset(setting, about), "csv": exports.to_csv(setting)}
    for ending, text in settings.items():
        (folder / f"{name}.{ending}").write_text(text, encoding="utf-8")
    drawn = {condition: np.array(curve) for condition, curve in about["responses_db"].items()}
    files = [str(folder / f"{name}.{ending}") for ending in settings]
    return str(paths[0]), str(paths[1]), curves.responses(drawn, about["condition"]), files


@reports_errors
def shown_scores(scores: dict[str, float] | None) -> Any:
    """The scores as a table, once there is a clip."""
    rows = [[word, f"{score:+.2f}"] for word, score in (scores or {}).items()]
    return gr.Dataframe(rows, visible=bool(rows))


def known_words() -> list[str]:
    """The words that every system knows."""
    return _equalisers().descriptors


def _finished(clip: str | None, about: dict[str, Any], settings: dict[str, EQParams]) -> tuple[str, dict[str, Any]]:
    """Apply the chosen one of some settings."""
    audio, rate_hz = _read(clip)
    setting = settings[about["condition"]]
    output, turned_down_db = equalising.apply(setting, audio, rate_hz)
    if turned_down_db:
        gr.Info(f"Turned down by {turned_down_db:.1f} dB, since the equalised sound would clip.")
    path = new_folder() / f"{_name(str(clip), about)}.flac"
    sf.write(path, output.T, rate_hz, subtype="PCM_24")
    responses = {
        name: np.round(each.response(curves.FREQUENCIES_HZ, rate_hz), 2).tolist() for name, each in settings.items()
    }
    return str(path), {
        **about,
        "parameters": setting.to_safe(),
        "bands": exports.bands(setting),
        "responses_db": responses,
    }


def _read(clip: str | None) -> tuple[np.ndarray, int]:
    if clip is None:
        raise refused(NO_CLIP)
    audio, rate_hz = equalising.read(Path(clip))
    return np.ascontiguousarray(audio), rate_hz


def _name(clip: str, about: dict[str, Any]) -> str:
    """What a download is called: after the clip and what was done to it."""
    words = about["descriptors"].replace(" and ", "-")
    return f"{Path(clip).stem}-{about['condition']}-{words}-{about['intensity'] * 100:.0f}"


@cache
def _equalisers() -> Equalisers:
    return Equalisers()
