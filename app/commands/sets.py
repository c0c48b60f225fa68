"""Commands of the stimuli group for sets that are there: list, show, verify, export and report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stimuli.manifest import Manifest

ROOT = Path("data/stimuli")
DEFAULT = ROOT / "default"
_SHOWN_DIFFERENCES = 8
SetFolder = Annotated[Path, typer.Argument(help="The set's folder.", show_default=True)]


def register(group: typer.Typer) -> None:
    """Add these commands to the group."""
    group.command("list")(list_sets)
    for command in (show, verify, export, report):
        group.command()(command)


def list_sets(root: Annotated[Path, typer.Argument(help="Where the sets are.")] = ROOT) -> None:
    """List the stimulus sets of a folder."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from stimuli.manifest import Manifest

    folders = sorted(path.parent for path in root.glob("*/manifest.json"))
    if not folders:
        raise ValueError(f"{root} holds no stimulus set; make one with `semantic-eq stimuli build`.")
    table = Table("set", "clips", "conditions", "descriptors", "stimuli", "folder")
    for folder in folders:
        manifest = Manifest.load(folder)
        n_stimuli = str(len(manifest.of_kind("stimulus")))
        words = (", ".join(manifest.conditions), ", ".join(manifest.descriptors))
        table.add_row(escape(manifest.name), str(len(manifest.clips)), *words, n_stimuli, escape(str(folder)))
    Console().print(table)


def show(folder: SetFolder = DEFAULT) -> None:
    """Show a set's clips and what each condition does to them."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from stimuli.checking.summary import differences_db
    from stimuli.manifest import Manifest

    manifest = Manifest.load(folder)
    console = Console()
    console.print(
        f"{manifest.name}: {len(manifest.of_kind('stimulus'))} stimuli at {manifest.loudness_lufs:g} LUFS and "
        f"{manifest.sample_rate_hz} Hz, and {checks_in(manifest)}; model {(manifest.model_hash or 'none')[:12]}, "
        f"seed {manifest.seed}.",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    clips = Table("clip", "title", "source", "from s", "lasts s", "limited dB")
    for clip in manifest.clips:
        numbers = (f"{clip.start_s:.1f}", f"{clip.duration_s:.2f}", f"{clip.limited_db:g}")
        clips.add_row(clip.clip, escape(clip.title), escape(clip.source), *numbers)
    console.print(clips)
    eqs = Table("condition", "descriptor", "strength of the EQ, dB", "difference between clips, dB")
    for row in differences_db(manifest):
        eqs.add_row(row.condition, row.descriptor, f"{row.strength_db:.2f}", f"{row.difference_db:.2f}")
    console.print(eqs)


def verify(
    folder: SetFolder = DEFAULT,
    database_url: Annotated[
        str | None, typer.Option(help="Check too that the study in this database was created with this set.")
    ] = None,
) -> None:
    """Re-read every file of a set and name each that is missing, changed or not loudness-matched."""
    from rich.console import Console
    from rich.progress import track

    from stimuli.checking.verify import faults
    from stimuli.manifest import Manifest

    manifest = Manifest.load(folder)
    checked = track(faults(manifest), "Verifying", len(manifest.stimuli), console=Console(stderr=True), transient=True)
    found = [fault for group in checked for fault in group]
    if database_url and (fault := other_than_created(folder, database_url)):
        found.append(fault)
    for fault in found:
        print(fault)
    if found:
        raise ValueError(f"{folder} has {len(found)} fault{'s' if len(found) > 1 else ''}; build it again.")
    print(f"{folder} is intact: {len(manifest.stimuli)} files, unchanged and loudness-matched.")


def export(
    folder: SetFolder = DEFAULT,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("exported-stimuli"),
    sources: Annotated[bool, typer.Option(help="Only the clips' excerpts, to be rendered elsewhere.")] = False,
    wav: Annotated[bool, typer.Option("--wav", help="Write WAV files instead of FLAC.")] = False,
) -> None:
    """Copy a set's audio under names that say what it is, with its table: not for participants."""
    from stimuli.export import export as copy
    from stimuli.manifest import Manifest

    n_files = copy(Manifest.load(folder), out, sources_only=sources, as_wav=wav)
    print(f"{out}: {n_files} files.")


def report(
    folder: SetFolder = DEFAULT,
    out: Annotated[Path | None, typer.Option(help="The page to write; default: report.html in the set.")] = None,
    embed: Annotated[
        bool, typer.Option("--embed", help="Embed the audio in the page, so that it can be sent.")
    ] = False,
) -> None:
    """Write a page to hear and see a set: players, EQ curves, spectra, loudness, differences between clips."""
    from rich.console import Console
    from rich.progress import Progress

    from stimuli.checking.report import write_report
    from stimuli.manifest import Manifest

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Listening", total=None)
        page = write_report(
            Manifest.load(folder),
            out,
            embed=embed,
            on_progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    print(page)


def other_than_created(folder: Path, database_url: str) -> str | None:
    """The sentence about a manifest that is not the one which the database keeps, with what differs."""
    from study.design import frozen
    from study.design.stimuli import StimulusSet
    from study.storage.database import opened, reading
    from study.storage.studies import study_row

    with opened(database_url) as engine, reading(engine) as connection:
        row = study_row(connection)
    kept, found = StimulusSet(None, row.manifest), StimulusSet.load(folder)
    if found.sha256 == row.manifest_sha256:
        return None
    lines = frozen.differences(*(json.dumps(each.content, indent=1, sort_keys=True) for each in (kept, found)))
    shown = "".join(f"\n  {line}" for line in lines[:_SHOWN_DIFFERENCES])
    return f"manifest.json is not the one that study {row.id} was created with (-), found now (+):{shown}"


def checks_in(manifest: Manifest) -> str:
    from collections import Counter

    counts = Counter(stimulus.kind for stimulus in manifest.stimuli if stimulus.kind != "stimulus")
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())
