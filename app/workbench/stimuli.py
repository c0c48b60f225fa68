"""The tab that makes stimulus sets: recordings in, a look at each, a set built, heard, verified and exported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import soundfile as sf
from matplotlib.figure import Figure

from app.commands.places import SETS
from app.workbench import curves
from app.workbench.equaliser import known_words
from app.workbench.errors import refused, reports_errors
from app.workbench.jobs import Job, Stopped
from app.workbench.places import new_folder
from app.workbench.sets import fill as fill_sets
from app.workbench.sets import names_of_sets
from model import CONDITIONS
from stimuli.build import build
from stimuli.checking.inspection import Recording, inspect, inspect_each
from stimuli.music.clips import Clip, built_in_clips, folder_clips, named, other_files
from stimuli.rendering.conditions import DEFAULT_DESCRIPTORS, split_conditions

JOB = Job()
COLUMNS = ["clip", "length, s", "excerpt from, s", "LUFS", "warnings"]
WIDTHS: list[str | int] = ["24%", "11%", "14%", "10%", "41%"]
# Whatever changes the list of recordings comes one after another.
CHANGE: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 1, "concurrency_id": "recordings"}
INTRODUCTION = """### Make a stimulus set
Drop recordings, look at what each is, move an excerpt where the program's choice does not suit, then build: every
clip under every condition for every word, all **at one loudness**. A build that is stopped goes on where it was."""
MORE = "flow:dimensions=1, match:FILE, or NAME=external:FOLDER for renders of other programs"


def fill() -> gr.Dropdown:
    """Draw the tab; the list of sets, which other tabs follow."""
    gr.Markdown(INTRODUCTION)
    recordings, row = gr.State([]), gr.State(0)
    with gr.Row():
        with gr.Column(min_width=280):
            files = gr.File(label="Recordings: drop them here", file_count="multiple", height=150)
            folder = gr.Textbox(
                label="or a folder on this machine", placeholder="/home/you/Music/study", submit_btn="Read"
            )
            shipped = gr.Button("or the ten built-in clips", size="sm")
            seconds = gr.Slider(2, 60, value=10, step=0.5, label="Length of the excerpts, s")
        with gr.Column(min_width=320, scale=2):
            table = gr.Dataframe(
                headers=COLUMNS,
                label="Recordings: choose a row to hear it",
                interactive=False,
                wrap=True,
                column_widths=WIDTHS,
            )
            wave = gr.Plot(show_label=False, visible=False)
            start = gr.Slider(0, 1, label="Excerpt begins at, s", visible=False)
            heard = gr.Audio(label="Excerpt", interactive=False, buttons=[], visible=False)
    with gr.Row():
        with gr.Column(min_width=280):
            words = gr.CheckboxGroup(known_words(), value=list(DEFAULT_DESCRIPTORS), label="Words")
            conditions = gr.CheckboxGroup(CONDITIONS, value=list(CONDITIONS), label="Conditions")
            anchors = gr.Checkbox(label="Add low-pass anchors of 3.5 and 7 kHz (for MUSHRA)")
        with gr.Column(min_width=280):
            more = gr.Textbox(label="More conditions, one per line", info=MORE, lines=2)
            name = gr.Textbox("mine", label="Name of the set", info=f"It is made in the folder {SETS}/NAME.")
            again = gr.Checkbox(label="Replace a set of this name that was built with other options")
            with gr.Row():
                build_it, stop = gr.Button("Build the set", variant="primary"), gr.Button("Stop")
    status = gr.Markdown("Nothing is built yet.", container=True, min_height=80)
    sets = fill_sets()

    selected = [wave, start, heard]
    look: dict[str, Any] = {"outputs": [recordings, table], **CHANGE}
    files.change(take_files, [files, seconds], **look)
    folder.submit(take_folder, [folder, seconds], **look)
    shipped.click(take_built_in, seconds, **look)
    seconds.release(look_again, [recordings, seconds], **look)
    table.select(select, recordings, [row, *selected], api_visibility="private")
    moved = ([recordings, row, start, seconds], [recordings, table, wave, heard])
    gr.on([start.input, start.release], move, *moved, trigger_mode="always_last", **CHANGE)
    asked = [recordings, words, conditions, more, seconds, anchors, name, again]
    built = build_it.click(after_changes, **CHANGE).then(make, asked, status, api_visibility="private")
    built.success(chosen_set, name, sets, api_visibility="private")
    stop.click(JOB.stop, api_visibility="private", queue=False)
    return sets


@reports_errors
def take_files(files: list[str] | None, seconds: float, progress: gr.Progress = gr.Progress()) -> Any:  # noqa: B008
    """Look at dropped recordings."""
    return _look(named(sorted(map(Path, files or []), key=lambda path: path.name)), seconds, progress)


@reports_errors
def take_folder(folder: str, seconds: float, progress: gr.Progress = gr.Progress()) -> Any:  # noqa: B008
    """Look at the recordings of a folder."""
    place = Path(folder).expanduser()
    found = _look(folder_clips(place), seconds, progress)
    if others := other_files(place):
        gr.Info(others)
    return found


@reports_errors
def take_built_in(seconds: float, progress: gr.Progress = gr.Progress()) -> Any:  # noqa: B008
    """Look at the built-in clips."""
    return _look(built_in_clips(), seconds, progress)


@reports_errors
def look_again(recordings: list[Recording], seconds: float, progress: gr.Progress = gr.Progress()) -> Any:  # noqa: B008
    """Look at the same recordings for excerpts of another length, chosen anew."""
    return _look([replace(each.clip, start_s=None) for each in recordings], seconds, progress)


def _look(clips: list[Clip], seconds: float, progress: gr.Progress) -> tuple[list[Recording], list[list[str]]]:
    found = []
    for each in inspect_each(clips, seconds):
        found.append(each)
        progress((len(found), len(clips)), desc=f"Listening: {each.clip.name}", unit="recordings")
    return found, rows(found)


def rows(recordings: list[Recording]) -> list[list[str]]:
    """The table of what each recording is."""
    return [
        [each.clip.name, "", "", "", f"Cannot be used: {each.refused}"]
        if each.refused
        else [
            each.clip.name,
            f"{each.length_s:.1f}",
            f"{each.start_s:.2f}",
            f"{each.lufs:.1f}",
            " ".join(each.warnings) or "none",
        ]
        for each in recordings
    ]


@reports_errors
def select(recordings: list[Recording], event: gr.SelectData) -> Any:
    """Show and play the excerpt of the chosen row."""
    row = event.index[0] if isinstance(event.index, list | tuple) else event.index
    if not recordings:
        raise refused("There is no recording yet: drop some.")
    recording = recordings[row]
    if recording.refused:
        raise refused(recording.refused)
    latest_s = max(0.0, round(recording.length_s - recording.duration_s - 0.005, 2))
    movable = recording.clip.path is not None and latest_s > 0
    slider = gr.Slider(0, max(latest_s, 0.01), value=recording.start_s, step=0.01, visible=True, interactive=movable)
    wave, heard = excerpt_of(recording)
    return row, gr.Plot(wave, visible=True), slider, gr.Audio(heard, visible=True)


@reports_errors
def move(recordings: list[Recording], row: int, start_s: float, seconds: float) -> Any:
    """Take the chosen recording's excerpt from another place."""
    if start_s == recordings[row].start_s:
        return (gr.skip(),) * 4
    moved = inspect(replace(recordings[row].clip, start_s=start_s), seconds)
    if moved.refused:
        raise refused(moved.refused)
    recordings = [*recordings[:row], moved, *recordings[row + 1 :]]
    return recordings, rows(recordings), *excerpt_of(moved)


def after_changes() -> None:
    """Wait for what was changed just before, so that what is built is what the table shows."""


def excerpt_of(recording: Recording) -> tuple[Figure, str]:
    """The waveform with the excerpt's place, and the excerpt as a file."""
    excerpt = recording.clip.excerpt(recording.sample_rate_hz, recording.duration_s)
    path = new_folder() / f"{recording.clip.name}.wav"
    sf.write(path, excerpt.audio.T, excerpt.sample_rate_hz)
    end_s = recording.start_s + recording.duration_s
    return curves.waveform(recording.peaks, recording.length_s, recording.start_s, end_s), str(path)


@reports_errors
def make(
    recordings: list[Recording],
    words: list[str],
    conditions: list[str],
    more: str,
    seconds: float,
    anchors: bool,
    name: str,
    again: bool,
    progress: gr.Progress = gr.Progress(),  # noqa: B008
) -> str:
    """Build the set, or go on with it."""
    if not recordings:
        raise refused("There is no recording yet: drop some, or take the built-in clips.")
    clips = [each.clip for each in recordings if not each.refused]
    left_out: list[str] = []

    def on_progress(done: int, total: int, clip: str) -> None:
        JOB.go_on()
        progress((done, total), desc=f"Rendering: {clip}", unit="clips")

    with JOB.alone("A build"):
        try:
            progress((0, len(clips)), desc="Rendering", unit="clips")
            manifest = build(
                folder_of(name),
                clips,
                [*conditions, *split_conditions(more.replace("\n", " "))] if more.strip() else conditions,
                words,
                duration_s=seconds,
                anchors=anchors,
                replace=again,
                on_progress=on_progress,
                on_refused=lambda clip, reason: left_out.append(reason),
            )
        except Stopped:
            return f"Stopped: **Build the set** goes on with {name} where it was."
    lines = [f"**{manifest.name}** has {len(manifest.of_kind('stimulus'))} stimuli of {len(manifest.clips)} clips."]
    return "\n".join(lines + [f"- Left out: {reason}" for reason in left_out])


def folder_of(name: str) -> Path:
    """The folder of a set of this name; ValueError for what is not a name."""
    if not name.strip() or Path(name).name != name or name.startswith("."):
        raise ValueError(f"{name!r} is not a name for a set: use letters, digits, - and _, without a folder.")
    return SETS / name


def chosen_set(name: str) -> Any:
    """The list of sets with the new one chosen."""
    return gr.Dropdown(names_of_sets(), value=name)
