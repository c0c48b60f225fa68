"""The part of the stimuli tab that hears, verifies and exports a set that is there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import gradio as gr

from app.commands.places import SETS
from app.workbench import shown
from app.workbench.errors import refused, reports_errors
from app.workbench.places import new_folder
from stimuli.checking.report import write_report
from stimuli.checking.verify import faults
from stimuli.export import export as copy
from stimuli.manifest import Manifest

SOURCES = "Only the excerpts, to be rendered by other programs"


def fill() -> gr.Dropdown:
    """Draw the part; gives the list of sets."""
    gr.Markdown("### Sets that are there")
    with gr.Row():
        sets = gr.Dropdown(names_of_sets(), value=None, label="Set")
        clip, word = gr.Dropdown([], label="Clip to compare"), gr.Dropdown([], label="Word")

    @gr.render(inputs=[sets, clip, word])  # type: ignore[untyped-decorator]
    def versions(name: str | None, clip: str | None, word: str | None) -> None:
        if name and clip and word:
            with gr.Row():
                for condition, path in paths_of(name, clip, word).items():
                    gr.Audio(path, label=condition, interactive=False, buttons=[], min_width=200)

    with gr.Row():
        verify_it, report = gr.Button("Verify every file"), gr.Button("Show the set's report")
        export_it = gr.Button("Export with descriptive names")
    only_sources, as_wav = gr.Checkbox(label=SOURCES), gr.Checkbox(label="WAV instead of FLAC")
    status = gr.Markdown("Nothing is verified yet.", container=True, min_height=80)
    files = gr.File(label="Exported", interactive=False, visible=False)
    page = gr.HTML("", min_height=60)

    private: dict[str, Any] = {"api_visibility": "private"}
    sets.focus(lambda: gr.Dropdown(names_of_sets()), None, sets, **private)
    sets.change(choices, sets, [clip, word], **private)
    verify_it.click(verify, sets, status, **private)
    report.click(report_of, sets, page, **private)
    export_it.click(export, [sets, only_sources, as_wav], files, **private)
    return sets


def names_of_sets() -> list[str]:
    """Names of the sets under data/stimuli."""
    return sorted(path.parent.name for path in SETS.glob("*/manifest.json"))


@reports_errors
def choices(name: str | None) -> Any:
    """The clips and words of a set."""
    if not name:
        return gr.Dropdown([], value=None), gr.Dropdown([], value=None)
    manifest = Manifest.load(SETS / name)
    clips = [(each.title, each.clip) for each in manifest.clips]
    words = manifest.descriptors
    return gr.Dropdown(clips, value=clips[0][1]), gr.Dropdown(words, value=words[0])


@reports_errors
def paths_of(name: str, clip: str, word: str) -> dict[str, str]:
    """One clip's file for each condition, under a name that says what it is."""
    manifest, folder = Manifest.load(SETS / name), new_folder()
    found: dict[str, str] = {}
    for each in manifest.of_kind("stimulus"):
        if (each.clip, each.descriptor) == (clip, word) and each.condition:
            target = folder / f"{clip}-{word}-{len(found) + 1}.flac"
            found[each.condition] = str(shutil.copyfile(manifest.audio_path(each.id), target))
    return found


@reports_errors
def verify(name: str | None, progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008
    """Re-read every file of a set."""
    manifest = _chosen(name)
    found: list[str] = []
    for number, group in enumerate(faults(manifest), 1):
        progress((number, len(manifest.stimuli)), desc="Verifying", unit="files")
        found += group
    if found:
        count = f"{len(found)} fault{'s' if len(found) > 1 else ''}"
        return "\n".join([f"**{manifest.name}** has {count}; build it again.", "", *(f"- {each}" for each in found)])
    return f"**{manifest.name}** is intact: {len(manifest.stimuli)} files, unchanged and loudness-matched."


@reports_errors
def report_of(name: str | None, progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008
    """The set's report, inside the page."""
    manifest = _chosen(name)

    def on_progress(done: int, total: int) -> None:
        progress((done, total), desc="Listening", unit="files")

    return shown.frame(write_report(manifest, on_progress=on_progress), f"Report of the set {manifest.name}")


@reports_errors
def export(name: str | None, only_sources: bool, as_wav: bool) -> Any:
    """The set's audio under names that say what it is, as one archive."""
    manifest = _chosen(name)
    folder = new_folder() / manifest.name
    copy(manifest, folder, sources_only=only_sources, as_wav=as_wav)
    archive = shutil.make_archive(str(folder), "zip", folder)
    return gr.File(str(Path(archive)), visible=True)


def _chosen(name: str | None) -> Manifest:
    if not name:
        raise refused("Choose a set first; Build the set makes one.")
    return Manifest.load(SETS / name)
