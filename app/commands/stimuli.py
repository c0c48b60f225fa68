"""Commands of the stimuli group: make, look at and check stimulus sets."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stimuli.manifest import Manifest
    from stimuli.music.clips import Clip

sets = typer.Typer(help="Make, inspect and check stimulus sets.", no_args_is_help=True)
_ROOT = Path("data/stimuli")
_DEFAULT = _ROOT / "default"
_SHOWN_DIFFERENCES = 8
SetFolder = Annotated[Path, typer.Argument(help="The set's folder.", show_default=True)]


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    cli.add_typer(sets, name="stimuli")


@sets.command()
def build(
    clips: Annotated[
        Path | None, typer.Option(help="A folder of recordings: WAV, FLAC, OGG, OPUS, MP3, AIFF, M4A and others.")
    ] = None,
    fma: Annotated[Path | None, typer.Option(help="A folder of the FMA dataset; genres take turns.")] = None,
    subset: Annotated[str | None, typer.Option(help="Subset of FMA: small, medium, large or full.")] = None,
    genres: Annotated[
        str | None, typer.Option(help="Genres of FMA, separated by commas, e.g. Rock,Hip-Hop; default: all.")
    ] = None,
    musdb: Annotated[Path | None, typer.Option(help="A folder of MUSDB18 or MUSDB18-HQ.")] = None,
    stem: Annotated[str, typer.Option(help="Stem of MUSDB18: mixture, drums, bass, other or vocals.")] = "mixture",
    part: Annotated[str | None, typer.Option(hidden=True)] = None,  # the name of --stem up to 0.1
    max_clips: Annotated[
        int | None, typer.Option(min=1, help="Use at most this many, spread evenly over the folder.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder to make.")] = _DEFAULT,
    conditions: Annotated[
        str,
        typer.Option(
            help="Separated by commas; also flow:dimensions=1,beta=0.01, reference:PLACE, match:PLACE or "
            "mine=external:FOLDER."
        ),
    ] = "original,semantic,flow,static",
    descriptors: Annotated[str, typer.Option(help="Separated by commas.")] = "warm,bright,airy",
    name: Annotated[str | None, typer.Option(help="The set's name; default: the folder's.")] = None,
    seconds: Annotated[float, typer.Option(help="Length of the excerpts of recordings.")] = 10.0,
    start: Annotated[
        list[str] | None,
        typer.Option(
            help="Where a recording's excerpt begins: CLIP=SECONDS, or a CSV file (clip, start_s); may be repeated."
        ),
    ] = None,
    rate: Annotated[int, typer.Option(help="Sample rate in Hz.")] = 44100,
    anchors: Annotated[
        bool, typer.Option(help="Add low-pass anchors: the original low-passed at 3.5 and 7 kHz.")
    ] = False,
    probes: Annotated[
        int, typer.Option(min=0, help="Settings per word for a study's \\[calibration] and its condition personal.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of ids and noises.")] = 0,
    secret: Annotated[
        Path | None, typer.Option(help="The secret file of a set, to make the same files again; default: a new one.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Jobs at once; default: one per core.")] = None,
    backend: Annotated[
        str, typer.Option(help="What joblib runs the jobs with: loky, threading, dask, ray ...")
    ] = "loky",
    replace: Annotated[bool, typer.Option(help="Replace a set that was built with other options.")] = False,
) -> None:
    """Make a stimulus set from the built-in clips, a folder of recordings, FMA or MUSDB18.

    The same command, given again, resumes an interrupted build.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from stimuli.build import build as make
    from stimuli.music.clips import starting_at
    from stimuli.rendering.conditions import split_conditions

    console = Console(stderr=True)

    def tell(sentence: str) -> None:
        console.print(sentence, soft_wrap=True, markup=False, highlight=False)

    chosen = _clips(clips, fma, subset, genres, musdb, part or stem, max_clips, seed, tell)
    chosen = starting_at(chosen, _starts(start or []))
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(TextColumn("Rendering"), *columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        manifest = make(
            out,
            chosen,
            split_conditions(conditions),
            descriptors.replace(",", " ").split(),
            name=name,
            sample_rate_hz=rate,
            duration_s=seconds,
            seed=seed,
            secret=_secret(secret),
            anchors=anchors,
            probes=probes,
            workers=workers,
            backend=backend,
            replace=replace,
            on_progress=lambda done, total, clip: bar.update(task, completed=done, total=total, description=clip),
            on_refused=lambda clip, reason: tell(f"Left out: {reason}"),
            on_odd=lambda clip, sentence: tell(f"{clip}: {sentence}"),
        )
    print(
        f"{out}: {len(manifest.of_kind('stimulus'))} stimuli of {len(manifest.clips)} clips, and {_checks(manifest)}."
    )


@sets.command()
def inspect(
    clips: Annotated[Path, typer.Argument(help="A folder of recordings.")],
    seconds: Annotated[float, typer.Option(help="Length of the excerpts.")] = 10.0,
) -> None:
    """Look at recordings before a set is built: length, loudness, the excerpt that is taken, and what is odd."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import track
    from rich.table import Table

    from stimuli.checking.inspection import inspect_each
    from stimuli.music.clips import folder_clips, other_files

    table = Table("clip", "lasts s", "from s", "LUFS", "what is odd")
    found = folder_clips(clips)
    looked_at = track(
        inspect_each(found, seconds), "Listening", len(found), console=Console(stderr=True), transient=True
    )
    for each in looked_at:
        numbers = [f"{each.length_s:.1f}", f"{each.start_s:.1f}", f"{each.lufs:.1f}"] if not each.refused else ["-"] * 3
        table.add_row(each.clip.name, *numbers, escape(each.refused or " ".join(each.warnings)))
    Console().print(table)
    if others := other_files(clips):
        print(others)


@sets.command("list")
def list_sets(root: Annotated[Path, typer.Argument(help="Where the sets are.")] = _ROOT) -> None:
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


@sets.command()
def show(folder: SetFolder = _DEFAULT) -> None:
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
        f"{manifest.sample_rate_hz} Hz, and {_checks(manifest)}; model {(manifest.model_hash or 'none')[:12]}, "
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


@sets.command()
def verify(
    folder: SetFolder = _DEFAULT,
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
    if database_url and (fault := _other_than_created(folder, database_url)):
        found.append(fault)
    for fault in found:
        print(fault)
    if found:
        raise ValueError(f"{folder} has {len(found)} fault{'s' if len(found) > 1 else ''}; build it again.")
    print(f"{folder} is intact: {len(manifest.stimuli)} files, unchanged and loudness-matched.")


@sets.command()
def export(
    folder: SetFolder = _DEFAULT,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("exported-stimuli"),
    sources: Annotated[bool, typer.Option(help="Only the clips' excerpts, to be rendered elsewhere.")] = False,
    wav: Annotated[bool, typer.Option("--wav", help="Write WAV files instead of FLAC.")] = False,
) -> None:
    """Copy a set's audio under names that say what it is, with its table: not for participants."""
    from stimuli.export import export as copy
    from stimuli.manifest import Manifest

    n_files = copy(Manifest.load(folder), out, sources_only=sources, as_wav=wav)
    print(f"{out}: {n_files} files.")


@sets.command()
def report(
    folder: SetFolder = _DEFAULT,
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


def _clips(
    clips: Path | None,
    fma: Path | None,
    subset: str | None,
    genres: str | None,
    musdb: Path | None,
    stem: str,
    max_clips: int | None,
    seed: int,
    tell: Callable[[str], None],
) -> list[Clip]:
    """The clips of the one source named, or the built-in ones; ``tell`` hears what of it is left out."""
    from stimuli.music.clips import built_in_clips, folder_clips, other_files, spread
    from stimuli.music.sources import fma_clips, musdb_clips

    if sum(source is not None for source in (clips, fma, musdb)) > 1:
        raise ValueError("Give one of --clips, --fma and --musdb; a set has one source.")
    if not fma and (subset or genres):
        raise ValueError("--subset and --genres choose among FMA's tracks: name its folder with --fma.")
    if fma:
        wanted = [genre.strip() for genre in genres.split(",") if genre.strip()] if genres else None
        return fma_clips(fma, max_clips or 10, seed, subset, wanted)
    if musdb:
        return musdb_clips(musdb, max_clips or 10, stem, seed, lambda sentence: tell(f"Left out: {sentence}"))
    found = folder_clips(clips) if clips else built_in_clips()
    if clips and (others := other_files(clips)):
        tell(f"Left out: {others}")
    return spread(found, max_clips)


def _starts(options: list[str]) -> dict[str, float]:
    """Where excerpts begin, by the names of clips: of options such as piano=12.5, and of tables."""
    pairs = [pair for option in options for pair in (_table(Path(option)) if option.endswith(".csv") else [option])]
    found = {}
    for pair in pairs:
        clip, _, seconds = pair.rpartition("=")
        try:
            found[clip] = float(seconds)
        except ValueError:
            raise ValueError(f"--start is {pair!r}; write it as CLIP=SECONDS, such as piano=12.5.") from None
    return found


def _table(path: Path) -> list[str]:
    """The rows of a CSV file with the columns clip and start_s, as options."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"clip", "start_s"} <= set(rows.fieldnames or ()):
            raise ValueError(f"{path} has the columns {', '.join(rows.fieldnames or ())}; it needs clip and start_s.")
        return [f"{row['clip']}={row['start_s']}" for row in rows if row["start_s"]]


def _secret(file: Path | None) -> str | None:
    if file is None:
        return None
    if not file.is_file() or not (secret := file.read_text(encoding="utf-8").strip()):
        raise ValueError(f"{file} holds no secret; name the file `secret` of a set's folder.")
    return secret


def _other_than_created(folder: Path, database_url: str) -> str | None:
    """The sentence about a manifest that is not the one which the database keeps, with what differs."""
    from study.design import frozen
    from study.design.stimuli import StimulusSet
    from study.storage.database import connect, reading
    from study.storage.studies import study_row

    engine = connect(database_url)
    try:
        with reading(engine) as connection:
            row = study_row(connection)
    finally:
        engine.dispose()
    kept, found = StimulusSet(None, row.manifest), StimulusSet.load(folder)
    if found.sha256 == row.manifest_sha256:
        return None
    lines = frozen.differences(*(json.dumps(each.content, indent=1, sort_keys=True) for each in (kept, found)))
    shown = "".join(f"\n  {line}" for line in lines[:_SHOWN_DIFFERENCES])
    return f"manifest.json is not the one that study {row.id} was created with (-), found now (+):{shown}"


def _checks(manifest: Manifest) -> str:
    from collections import Counter

    counts = Counter(stimulus.kind for stimulus in manifest.stimuli if stimulus.kind != "stimulus")
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())
