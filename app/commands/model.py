"""Commands of the model group: equalise a file, train, evaluate, profile."""

import os
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

CONDITIONS = ("original", "semantic", "flow", "static")
BY_REFERENCE = ("match",)


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    for command in (process, profile, train, evaluate):
        cli.command()(command)


SafeFile = Annotated[Path, typer.Option("--safe", help="SAFE-DB's equaliser file (SAFEEqualiserUserData.csv).")]
Weights = Annotated[Path | None, typer.Option(help="Weights other than the shipped ones.")]
ClapPlace = Annotated[
    str | None, typer.Option(help="With --weights of CLAP: its folder or hub name, if not where it was in training.")
]


def process(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Recording to equalise (WAV, FLAC, OGG, MP3 ...).")],
    destination: Annotated[Path, typer.Argument(metavar="OUT", help="File to write; its ending names the format.")],
    descriptor: Annotated[
        str | None,
        typer.Option(
            help='Word to take the sound to, or a blend: "warm:0.5,bright:0.3"; any phrase with --weights of CLAP.'
        ),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="In place of a word, a recording that the sound is taken to.")
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
    import numpy as np
    import soundfile as sf
    from rich import print as show

    if (descriptor is None) == (reference is None):
        raise ValueError("Give either a word (--descriptor) or a recording (--reference) to take the sound to.")
    audio, sample_rate = _read(source)
    if reference is not None:
        params = _propose_by_reference(condition or BY_REFERENCE[0], audio, sample_rate, reference, intensity)
    else:
        params = _propose(condition or "semantic", weights, clap, audio, sample_rate, descriptor, intensity)
    output = params.apply(audio, sample_rate)
    peak = float(np.abs(output).max())
    if peak > 1:
        output = output / np.float32(peak)
        show(f"Turned down by {20 * np.log10(peak):.1f} dB, since the equalised sound would clip.")
    try:
        sf.write(destination, output.T, sample_rate)
    except (sf.LibsndfileError, TypeError, ValueError) as error:
        raise ValueError(f"{destination} cannot be written ({error}): is its folder there, its ending known?") from None
    for band, gain_db, hz in zip(_BANDS, params.gains_db, params.frequencies_hz, strict=True):
        show(f"{band:10s} {gain_db:+5.1f} dB at {hz:7.0f} Hz")
    show(f"Wrote {destination}")


_BANDS = ("low shelf", "peaking", "peaking", "peaking", "high shelf")


def _read(path: Path):
    """Return audio float32 [channels, samples] and its sample rate, or raise a ValueError naming the file."""
    import soundfile as sf

    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    try:
        audio, sample_rate = sf.read(path, dtype="float32", always_2d=True)
    except sf.LibsndfileError as error:
        raise ValueError(f"{path} cannot be read as audio ({error}): is it WAV, FLAC, OGG, OPUS or MP3?") from None
    if len(audio) == 0:
        raise ValueError(f"{path} holds no audio.")
    return audio.T, sample_rate


def _semantic(weights: Path | None, clap: str | None = None):
    """Return the equaliser of the kind that ``weights`` holds, the shipped one without them."""
    from model import SemanticEQ, checkpoint

    if weights is not None and checkpoint.kind_of(weights) == "clap":
        from model.clap import ClapEQ

        return ClapEQ.load(weights, clap)
    if clap is not None:
        raise ValueError("--clap needs --weights that `semantic-eq train --clap` wrote: none are shipped.")
    return SemanticEQ.load(weights)


def _propose(
    condition: str, weights: Path | None, clap: str | None, audio, sample_rate: int, descriptor: str, intensity: float
):
    import model

    if condition in BY_REFERENCE:
        raise ValueError(f"The condition {condition!r} needs a recording to take the sound to: give --reference.")
    if condition not in CONDITIONS:
        raise ValueError(f"Unknown condition {condition!r}: expected one of {', '.join(CONDITIONS)}.")
    if condition == "original":
        return model.EQParams.flat()
    if condition == "semantic":
        equaliser = _semantic(weights, clap)
    else:
        equaliser = {"flow": model.FlowEQ, "static": model.StaticEQ}[condition].load(weights)
    return equaliser.propose(audio, sample_rate, descriptor, intensity=intensity)


def _propose_by_reference(condition: str, audio, sample_rate: int, reference: Path, intensity: float):
    import model

    if condition not in BY_REFERENCE:
        raise ValueError(
            f"The condition {condition!r} takes no reference: those that do are {', '.join(BY_REFERENCE)}."
        )
    return model.MatchEQ().propose(audio, sample_rate, *_read(reference), intensity=intensity)


def profile(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Recording to describe.")],
    step: Annotated[float, typer.Option(help="Seconds from one line to the next.")] = 5.0,
    window: Annotated[float, typer.Option(help="Seconds that each line listens to.")] = 10.0,
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

    audio, sample_rate = _read(source)
    eq = _semantic(weights, clap)
    rows = measure(eq, audio, sample_rate, step, window, lambda items: track(items, "Listening", transient=True))
    table = Table("time", *eq.descriptors)
    for row in rows:
        cells = ["silent"] * len(eq.descriptors) if row.scores is None else [f"{v:+.1f}" for v in row.scores.values()]
        table.add_row(f"{row.start_s:.0f}-{row.stop_s:.0f} s", *cells)
    Console().print(table)
    if csv is not None:
        write_csv(csv, rows, eq.descriptors)


def train(
    safe: SafeFile,
    out: Annotated[Path, typer.Option(help="Folder for the weights, the log and what resuming needs.")] = Path(
        "data/training"
    ),
    music: Annotated[list[Path] | None, typer.Option(help="A folder of music; may be given more than once.")] = None,
    fma: Annotated[Path | None, typer.Option(help="The FMA data set's folder.")] = None,
    musdb: Annotated[Path | None, typer.Option(help="The MUSDB18 or MUSDB18-HQ folder.")] = None,
    pink_ratio: Annotated[float | None, typer.Option(help="Share of pink noise; else 0.1, or 1 without music.")] = None,
    fma_ratio: Annotated[float, typer.Option(help="Share of FMA.")] = 0.0,
    musdb_ratio: Annotated[float, typer.Option(help="Share of MUSDB18.")] = 0.0,
    fma_subset: Annotated[str | None, typer.Option(help="small, medium, large or full, by FMA's tracks.csv.")] = None,
    fma_genre: Annotated[
        list[str] | None, typer.Option(help="A top genre of FMA's tracks.csv, like Rock; may be given more than once.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="By default 20, or 60 of CLAP's projection.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps ...")] = "cpu",
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights on the same machine.")] = 0,
    pretrained: Annotated[Path | None, typer.Option(help="Start from these weights.")] = None,
    end_to_end: Annotated[bool, typer.Option(help="Train the last stage, through the differentiable EQ.")] = True,
    nature: Annotated[
        bool, typer.Option(help="Predict which spectrum a clip naturally has; else the mean of music, an ablation.")
    ] = True,
    baselines: Annotated[bool, typer.Option(help="Train static, flow, ridge and the personal prior as well.")] = False,
    clap: Annotated[
        str | None,
        typer.Option(help="Train a projection of this CLAP (folder or hub name) for --pretrained or the shipped EQs."),
    ] = None,
    clap_clips: Annotated[int, typer.Option(help="Clips that CLAP hears, each as it is and with 6 EQs.")] = 500,
    wandb: Annotated[bool, typer.Option(help="Log to Weights & Biases; WANDB_MODE=offline needs no account.")] = False,
) -> None:
    """Train the semantic equaliser. A run that was killed goes on when the same command is given again."""
    from rich import print as show

    from model import SemanticEQ, safe_db
    from model.training.loop import Plan
    from model.training.loop import train as run
    from model.training.sources import default_pink_ratio, training_mixtures

    epochs = epochs if epochs is not None else 60 if clap else 20
    plan = Plan(epochs=epochs, seed=seed, device=device, end_to_end=end_to_end, nature=nature)
    settings, _ = safe_db.read(safe).split()
    folders = [path.expanduser() for path in music or []]
    ratios = {"fma_ratio": fma_ratio, "musdb_ratio": musdb_ratio}
    ratios["pink_ratio"] = default_pink_ratio(bool(folders), ratios) if pink_ratio is None else pink_ratio
    collections = {"fma": fma, "musdb": musdb, "fma_subset": fma_subset, "fma_genres": fma_genre or None}
    mixtures = training_mixtures(folders, ratios, collections)
    start = SemanticEQ.load(pretrained) if pretrained else None
    if clap is not None:
        _train_clap(clap, start or SemanticEQ.load(), mixtures[0], settings, clap_clips, epochs, seed, out)
        return
    about = {"music": [folder.name for folder in folders], **ratios, "pretrained": start.model_hash if start else None}
    with _progress(wandb, {**about, "epochs": epochs, "seed": seed}) as report:
        _, path = run(settings, *mixtures, out, plan, about, start, report)
    _show_skipped({file: reason for mixture in mixtures for file, reason in mixture.skipped.items()})
    if baselines:
        _train_baselines(safe, out, seed, mixtures[0])
    show(f"Wrote {path}")


def _show_skipped(skipped: dict[str, str]) -> None:
    from rich import print as show
    from rich.markup import escape

    for file, reason in sorted(skipped.items()):
        show(f"[yellow]Skipped[/] {escape(f'{file}: {reason}')}")
    if skipped:
        show(f"{len(skipped)} files of music could not be used.")


def _train_clap(source: str, base, mixture, settings, clips: int, epochs: int, seed: int, out: Path) -> None:
    from rich import print as show

    from model.clap import Clap
    from model.training.clap import train_clap

    if clips < 2:
        raise ValueError(f"CLAP was given {clips} clips to hear, fewer than 2.")
    clap = Clap.load(source)
    with _progress(False, {}) as report:
        heard = partial(report, "hearing through CLAP", total=clips, losses={})
        eq = train_clap(base, clap, mixture, settings, clips, epochs=epochs, seed=seed, on_clip=lambda n: heard(step=n))
    _show_skipped(mixture.skipped)
    show(f"The projection tells the EQ on a clip within {eq.about['rms_db']:.1f} dB (root mean square, in training).")
    show(f"Wrote {eq.save(out)}")


def _train_baselines(safe: Path, out: Path, seed: int, music) -> None:
    from rich import print as show

    from model import safe_db
    from model.training.baselines import train_baselines

    for path in train_baselines(safe_db.read(safe), out, seed, on_step=show, music=music).values():
        show(f"Wrote {path}")


@contextmanager
def _progress(wandb: bool, config: dict):
    """Show a bar per stage with its losses; yield what `model.training.loop.train` reports to."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    run = _wandb_run(config) if wandb else None
    columns = (TextColumn("{task.description:30}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[losses]}")) as bar:
        tasks: dict = {}

        def report(stage: str, step: int, total: int, losses: dict[str, float]) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, losses="")
            text = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
            bar.update(tasks[stage], completed=step, losses=text)
            if run is not None and losses:
                run.log({f"{stage}/{name}": value for name, value in losses.items()})

        yield report
    if run is not None:
        run.finish()


def _wandb_run(config: dict):
    try:
        import wandb
    except ImportError:
        raise ValueError("Weights & Biases is not installed: pip install 'semantic-eq[wandb]'.") from None
    return wandb.init(project="semantic-eq", config=config, mode=os.environ.get("WANDB_MODE", "offline"))


def evaluate(
    safe: SafeFile,
    clips: Annotated[Path, typer.Option(help="Folder of recordings that training did not use.")],
    out: Annotated[Path, typer.Option(help="Folder for tables and plots.")] = Path("data/evaluation"),
    weights: Weights = None,
    ablation: Annotated[
        list[str] | None, typer.Option(help="More semantic weights, NAME=FILE; may be given more than once.")
    ] = None,
    rule: Annotated[
        Path | None, typer.Option(help="Weights from `train --no-nature`: the fixed curve in their dose is the rule.")
    ] = None,
    held_out_only: Annotated[bool, typer.Option(help="Use only recordings that training by name leaves out.")] = False,
    max_clips: Annotated[int, typer.Option(help="Use so many, evenly spread over the folder.")] = 40,
    descriptors: Annotated[
        str, typer.Option(help="Separated by commas, or 'all' that weights and SAFE-DB's file know.")
    ] = "warm,bright,airy",
    all_settings: Annotated[
        bool, typer.Option(help="Test describe() with all settings, not only held-out ones.")
    ] = False,
) -> None:
    """Measure static, ridge, flow and semantic on clips that training did not use; write tables and plots."""
    from rich.progress import track

    from model import evaluate as measures
    from model import report, safe_db, steadiness

    chosen = measures.read_clips(clips, max_clips, held_out_only, lambda items: track(items, "Reading"))
    settings = safe_db.read(safe)
    _, held_out = settings.split()
    systems, listening = _systems(weights, ablation or [])
    main = listening["semantic"]
    systems["shuffled clips"] = measures.shuffled(main.propose, chosen)
    if rule is not None:
        listening["rule"] = _semantic(rule)
        systems["rule"] = measures.ruled(listening["rule"].dose, systems["static"])
    known = [word for word in main.descriptors if word in settings.names]
    words = known if descriptors == "all" else [word.strip().lower() for word in descriptors.split(",")]
    if unknown := set(words) - set(known):
        raise ValueError(
            f"Unknown descriptors {', '.join(sorted(unknown))}: weights and {safe} both have {', '.join(known)}."
        )
    rows = measures.responses(systems, track(chosen, "Proposing"), settings, words)
    testing = settings if all_settings else held_out
    aucs = {
        name: measures.separation(eq.describe, track(chosen, f"Describing ({name})"), testing)
        for name, eq in listening.items()
    }
    estimates = {name: eq.applied_eq for name, eq in listening.items()}
    blind = measures.blind_error(estimates, track(chosen, "Estimating the EQ of clips"), held_out)
    pairs = measures.read_pairs(chosen, clips)
    steady = steadiness.differences(systems, track(pairs, "Comparing excerpts"), words[:2]) if pairs else None
    table = measures.summarise(rows, settings)
    more = {report.BLIND: blind}
    if steady is not None:
        more[report.STEADINESS] = steadiness.summarise(steady)
    report.write(out, table, rows, aucs, settings, chosen, main, more)
    for frame in (table, report.auc_table(aucs), *more.values()):
        typer.echo(report.markdown(frame) + "\n")
    typer.echo(f"Wrote {out}")


def _systems(weights: Path | None, ablations: list[str]):
    """Return every system's propose, and those that can describe what they hear."""
    from model import FlowEQ, RidgeEQ, StaticEQ

    ridge, semantic = RidgeEQ.load(), {"semantic": _semantic(weights)}
    for text in ablations:
        name, _, path = text.partition("=")
        if not path:
            raise ValueError(f"The ablation {text!r} has no file: write NAME=FILE.")
        semantic[name] = _semantic(Path(path))
    main = semantic["semantic"]
    systems = {"static": StaticEQ.load().propose, "ridge": ridge.propose, "flow": FlowEQ.load().propose}
    systems |= {name: eq.propose for name, eq in semantic.items()}
    # At full intensity the published traversal ends at the target whatever it hears; its authors used 0.7.
    systems["published traversal"] = partial(main.propose, origin="audio", intensity=0.7)
    return systems, {"ridge": ridge, **semantic}
