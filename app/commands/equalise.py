"""Commands that equalise and describe: one file at a time."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app.equalising import BY_REFERENCE, apply, is_unsure, load_semantic, propose, propose_by_reference, read, write
from model import CONDITIONS

Weights = Annotated[Path | None, typer.Option(help="Weights other than the shipped ones.")]
ClapPlace = Annotated[
    str | None, typer.Option(help="With --weights of CLAP: its folder or hub name, if it has moved since training.")
]


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    for command in (process, profile):
        cli.command()(command)


def process(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Recording to equalise (WAV, FLAC, OGG, MP3 ...).")],
    destination: Annotated[Path, typer.Argument(metavar="OUT", help="File to write; its ending names the format.")],
    descriptor: Annotated[
        str | None,
        typer.Option(
            help='Word to take the sound towards, or a blend: "warm:0.5,bright:0.3"; any phrase with --weights of CLAP.'
        ),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Recording to take the sound towards, instead of a word.")
    ] = None,
    condition: Annotated[
        str | None,
        typer.Option(
            help=f"One of {', '.join(CONDITIONS)} (default: semantic), or with --reference of "
            f"{', '.join(BY_REFERENCE)} (default: {BY_REFERENCE[0]})."
        ),
    ] = None,
    intensity: Annotated[float, typer.Option(help="0 (untouched) to 1.")] = 1.0,
    weights: Weights = None,
    clap: ClapPlace = None,
) -> None:
    """Equalise one file towards a word, or towards another recording."""
    from rich import print as show

    if (descriptor is None) == (reference is None):
        raise ValueError("Give either a word (--descriptor) or a recording (--reference) to take the sound to.")
    audio, sample_rate = read(source)
    if reference is not None:
        by = condition or BY_REFERENCE[0]
        params = propose_by_reference(by, audio, sample_rate, reference, intensity, weights)
    else:
        params = propose(condition or "semantic", audio, sample_rate, str(descriptor), intensity, weights, clap)
        if condition in (None, "semantic") and not params.gains_db.any() and is_unsure(audio, sample_rate):
            show("Nothing was changed: next to no timbre to judge was heard, as in a test tone, DC or near silence.")
    output, turned_down_db = apply(params, audio, sample_rate)
    if turned_down_db:
        show(f"Turned down by {turned_down_db:.1f} dB, since the equalised sound would clip.")
    write(destination, output, sample_rate, source)
    for band, gain_db, hz in zip(_BANDS, params.gains_db, params.frequencies_hz, strict=True):
        show(f"{band:10s} {gain_db:+5.1f} dB at {hz:7.0f} Hz")
    show(f"Wrote {destination}")


_BANDS = ("low shelf", "peaking", "peaking", "peaking", "high shelf")


def profile(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Recording to describe.")],
    step: Annotated[float, typer.Option(help="Seconds from one line to the next.")] = 5.0,
    window: Annotated[float, typer.Option(help="Seconds of audio that each line covers.")] = 10.0,
    csv: Annotated[Path | None, typer.Option(help="Write the profile to this file as well.")] = None,
    weights: Weights = None,
    clap: ClapPlace = None,
) -> None:
    """Show how much a recording already sounds like each word, over time (0: usual for music, 1: as if equalised)."""
    from rich.console import Console
    from rich.progress import track
    from rich.table import Table

    from model.profile import profile as measure
    from model.profile import write_csv

    audio, sample_rate = read(source)
    eq = load_semantic(weights, clap)
    # The bar is not part of the output: it would leave an empty line in a file.
    bar = partial(track, description="Listening", transient=True, console=Console(stderr=True))
    rows = measure(eq, audio, sample_rate, step, window, bar)
    # Without lines, ten words fit a terminal of 80 columns.
    table = Table("time", *eq.descriptors, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for row in rows:
        cells = ["silent"] if row.scores is None else [f"{v:+.1f}" for v in row.scores.values()]
        table.add_row(f"{row.start_s:.0f}-{row.stop_s:.0f} s", *cells)
    Console().print(table)
    if csv is not None:
        write_csv(csv, rows, eq.descriptors)
