"""Commands of the stimuli group: recordings inspected, and a set built of them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import sets

if TYPE_CHECKING:
    from stimuli.music.clips import Clip


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    group = typer.Typer(help="Make, inspect and check stimulus sets.", no_args_is_help=True)
    for command in (build, inspect):
        group.command()(command)
    sets.register(group)
    cli.add_typer(group, name="stimuli")


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
    out: Annotated[Path, typer.Option(help="The folder to make.")] = sets.DEFAULT,
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
        f"{out}: {len(manifest.of_kind('stimulus'))} stimuli of {len(manifest.clips)} clips, "
        f"and {sets.checks_in(manifest)}."
    )


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
