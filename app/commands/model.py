"""Commands of the model group: equalise a file, train, evaluate, profile."""

import os
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

CONDITIONS = ("original", "semantic", "flow", "static")


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    for command in (process, profile, train, evaluate):
        cli.command()(command)


SafeFile = Annotated[Path, typer.Option("--safe", help="SAFE-DB's equaliser file (SAFEEqualiserUserData.csv).")]
Weights = Annotated[Path | None, typer.Option(help="Weights other than the shipped ones.")]


def process(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Recording to equalise (WAV, FLAC, OGG, MP3 ...).")],
    destination: Annotated[Path, typer.Argument(metavar="OUT", help="File to write; its ending names the format.")],
    descriptor: Annotated[str, typer.Option(help='Word to take the sound to, or a blend: "warm:0.5,bright:0.3".')],
    condition: Annotated[str, typer.Option(help=f"One of {', '.join(CONDITIONS)}.")] = "semantic",
    intensity: Annotated[float, typer.Option(help="0 (untouched) to 1.")] = 1.0,
    weights: Weights = None,
) -> None:
    """Equalise one file towards a word."""
    import numpy as np
    import soundfile as sf
    from rich import print as show

    audio, sample_rate = _read(source)
    params = _propose(condition, weights, audio, sample_rate, descriptor, intensity)
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


_BANDS = ("low shelf", "bell", "bell", "bell", "high shelf")


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


def _propose(condition: str, weights: Path | None, audio, sample_rate: int, descriptor: str, intensity: float):
    import model

    if condition not in CONDITIONS:
        raise ValueError(f"Unknown condition {condition!r}: expected one of {', '.join(CONDITIONS)}.")
    if condition == "original":
        return model.EQParams.flat()
    system = {"semantic": "SemanticEQ", "flow": "FlowEQ", "static": "StaticEQ"}[condition]
    equaliser = getattr(model, system).load(weights)
    return equaliser.propose(audio, sample_rate, descriptor, intensity=intensity)


def profile(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Recording to describe.")],
    step: Annotated[float, typer.Option(help="Seconds from one line to the next.")] = 5.0,
    window: Annotated[float, typer.Option(help="Seconds that each line listens to.")] = 10.0,
    csv: Annotated[Path | None, typer.Option(help="Write the profile to this file as well.")] = None,
    weights: Weights = None,
) -> None:
    """Show how much a recording already sounds like each word, over time (0: usual for music, 1: as if equalised)."""
    from rich.console import Console
    from rich.progress import track
    from rich.table import Table

    from model import SemanticEQ
    from model.profile import profile as measure
    from model.profile import write_csv

    audio, sample_rate = _read(source)
    eq = SemanticEQ.load(weights)
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
    epochs: Annotated[int, typer.Option(help="The shipped weights are 20.")] = 20,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps ...")] = "cpu",
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights on the same machine.")] = 0,
    pretrained: Annotated[Path | None, typer.Option(help="Start from these weights.")] = None,
    end_to_end: Annotated[bool, typer.Option(help="Train the last stage, through the differentiable EQ.")] = True,
    baselines: Annotated[bool, typer.Option(help="Train static, flow and ridge as well.")] = False,
    wandb: Annotated[bool, typer.Option(help="Log to Weights & Biases; WANDB_MODE=offline needs no account.")] = False,
) -> None:
    """Train the semantic equaliser. A run that was killed goes on when the same command is given again."""
    from rich import print as show

    from model import SemanticEQ, safe_db
    from model.training.loop import Plan
    from model.training.loop import train as run

    plan = Plan(epochs=epochs, seed=seed, device=device, end_to_end=end_to_end)
    settings, _ = safe_db.read(safe).split()
    folders = [path.expanduser() for path in music or []]
    ratios = {"fma_ratio": fma_ratio, "musdb_ratio": musdb_ratio}
    ratios["pink_ratio"] = pink_ratio if pink_ratio is not None else 0.1 if folders else 1 - fma_ratio - musdb_ratio
    mixture, validation = _mixtures(folders, ratios, {"fma": fma, "musdb": musdb})
    start = SemanticEQ.load(pretrained) if pretrained else None
    about = {"music": [folder.name for folder in folders], **ratios, "pretrained": start.model_hash if start else None}
    with _progress(wandb, {**about, "epochs": epochs, "seed": seed}) as report:
        _, path = run(settings, mixture, validation, out, plan, about, start, report)
    for file, reason in sorted({**mixture.skipped, **validation.skipped}.items()):
        show(f"[yellow]Skipped[/] {file}: {reason}")
    if baselines:
        _train_baselines(safe, out, seed, mixture)
    show(f"Wrote {path}")


def _mixtures(folders: list[Path], ratios: dict, collections: dict):
    """Return the mixture to train on and the one that chooses the best checkpoint, from recordings of its own."""
    from model.training.sources import audio_files, is_for_validation, is_held_out, training_mixture

    rate, duration_s = 44_100, 10.0
    mixture = training_mixture(
        rate,
        duration_s,
        music=folders,
        keep=lambda file: not (is_held_out(file) or is_for_validation(file)),
        **ratios,
        **collections,
    )
    apart = [folder for folder in folders if any(map(is_for_validation, audio_files(folder)))]
    if not apart:
        return mixture, mixture
    return mixture, training_mixture(rate, duration_s, music=apart, keep=is_for_validation, **ratios, **collections)


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
    held_out_only: Annotated[bool, typer.Option(help="Use only recordings that training by name leaves out.")] = False,
    max_clips: Annotated[int, typer.Option(help="Use so many, evenly spread over the folder.")] = 40,
    descriptors: Annotated[str, typer.Option(help="Separated by commas, or 'all'.")] = "warm,bright,airy",
    all_settings: Annotated[
        bool, typer.Option(help="Test describe() with all settings, not only held-out ones.")
    ] = False,
) -> None:
    """Measure static, ridge, flow and semantic on clips that training did not use; write tables and plots."""
    from rich import print as show
    from rich.progress import track

    from model import evaluate as measures
    from model import report, safe_db

    chosen = measures.read_clips(clips, max_clips, held_out_only, lambda items: track(items, "Reading"))
    settings = safe_db.read(safe)
    _, held_out = settings.split()
    systems, semantic = _systems(weights, ablation or [])
    known = next(iter(semantic.values())).descriptors
    words = known if descriptors == "all" else [word.strip() for word in descriptors.split(",")]
    if unknown := set(words) - set(known):
        raise ValueError(f"Unknown descriptors {', '.join(sorted(unknown))}: there are {', '.join(known)}.")
    rows = measures.responses(systems, track(chosen, "Proposing"), settings, words)
    testing = settings if all_settings else held_out
    aucs = {
        name: measures.separation(eq.describe, track(chosen, f"Describing ({name})"), testing)
        for name, eq in semantic.items()
    }
    table = measures.summarise(rows, settings)
    report.write(out, table, rows, aucs, settings, chosen, next(iter(semantic.values())))
    show(report.markdown(table))
    show(report.markdown(report.auc_table(aucs)))
    show(f"Wrote {out}")


def _systems(weights: Path | None, ablations: list[str]):
    """Return every system's propose, and the semantic equalisers among them."""
    from model import FlowEQ, RidgeEQ, SemanticEQ, StaticEQ

    semantic = {"semantic": SemanticEQ.load(weights)}
    for text in ablations:
        name, _, path = text.partition("=")
        if not path:
            raise ValueError(f"The ablation {text!r} has no file: write NAME=FILE.")
        semantic[name] = SemanticEQ.load(path)
    main = semantic["semantic"]
    systems = {"static": StaticEQ.load().propose, "ridge": RidgeEQ.load().propose, "flow": FlowEQ.load().propose}
    systems |= {name: eq.propose for name, eq in semantic.items()}
    # At full intensity the published traversal ends at the target whatever it hears; its authors used 0.7.
    systems["published traversal"] = partial(main.propose, origin="audio", intensity=0.7)
    return systems, semantic
