"""The command that trains: the semantic equaliser, what it is compared with, and CLAP's projection."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.progress import TaskID

    from model import SemanticEQ
    from model.safe_db import Settings
    from model.training.running import Report
    from model.training.sources import Mixture

SafeFile = Annotated[Path, typer.Option("--safe", help="SAFE-DB's equaliser file (SAFEEqualiserUserData.csv).")]


def register(cli: typer.Typer) -> None:
    """Add this group's command to ``cli``."""
    cli.command()(train)


def train(
    safe: SafeFile,
    out: Annotated[Path, typer.Option(help="Folder for the weights, the log and the state to resume from.")] = Path(
        "data/training"
    ),
    music: Annotated[list[Path] | None, typer.Option(help="A folder of music; may be given more than once.")] = None,
    fma: Annotated[Path | None, typer.Option(help="The FMA data set's folder.")] = None,
    musdb: Annotated[Path | None, typer.Option(help="The MUSDB18 or MUSDB18-HQ folder.")] = None,
    pink_ratio: Annotated[
        float | None, typer.Option(help="Share of pink noise; default: 0.1, or 1 without music.")
    ] = None,
    fma_ratio: Annotated[float, typer.Option(help="Share of FMA.")] = 0.0,
    musdb_ratio: Annotated[float, typer.Option(help="Share of MUSDB18.")] = 0.0,
    fma_subset: Annotated[str | None, typer.Option(help="small, medium, large or full, by FMA's tracks.csv.")] = None,
    fma_genre: Annotated[
        list[str] | None, typer.Option(help="A top genre of FMA's tracks.csv, like Rock; may be given more than once.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the clips; default: 20, or 60 for CLAP's projection.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps ...")] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same weights on the same machine.")] = 0,
    pretrained: Annotated[Path | None, typer.Option(help="Start from these weights.")] = None,
    end_to_end: Annotated[bool, typer.Option(help="Train the last stage, through the differentiable EQ.")] = True,
    nature: Annotated[
        bool, typer.Option(help="Predict each clip's natural spectrum; without it, the mean of music (an ablation).")
    ] = True,
    origin: Annotated[
        str, typer.Option(help="flat, or audio: the published recipe (give it pink noise alone), an ablation.")
    ] = "flat",
    baselines: Annotated[bool, typer.Option(help="Train static, flow, ridge and the personal prior as well.")] = False,
    reference: Annotated[
        bool,
        typer.Option(help="Train the equaliser by reference, and only it, beside --pretrained or the shipped one."),
    ] = False,
    clap: Annotated[
        str | None,
        typer.Option(help="Train a projection of this CLAP (folder or hub name) for --pretrained or the shipped EQs."),
    ] = None,
    clap_clips: Annotated[int, typer.Option(help="Clips that CLAP hears, each as it is and with 6 EQs.")] = 500,
    wandb: Annotated[bool, typer.Option(help="Log to Weights & Biases; WANDB_MODE=offline needs no account.")] = False,
) -> None:
    """Train the semantic equaliser. The same command, given again, resumes an interrupted run."""
    from rich import print as show

    from model import SemanticEQ, safe_db
    from model.training.loop import Plan
    from model.training.loop import train as run
    from model.training.sources import Collections, Ratios, default_pink_ratio, training_mixtures

    epochs = epochs if epochs is not None else 60 if clap else 20
    plan = Plan(epochs=epochs, seed=seed, device=device, end_to_end=end_to_end, nature=nature, origin=origin)
    settings, _ = safe_db.read(safe).split()
    folders = [path.expanduser() for path in music or []]
    if pink_ratio is None:
        pink_ratio = default_pink_ratio(bool(folders), {"fma_ratio": fma_ratio, "musdb_ratio": musdb_ratio})
    ratios = Ratios(fma_ratio=fma_ratio, musdb_ratio=musdb_ratio, pink_ratio=pink_ratio)
    collections = Collections(fma=fma, musdb=musdb, fma_subset=fma_subset, fma_genres=fma_genre or None)
    start = SemanticEQ.load(pretrained) if pretrained else None
    if reference:
        if clap is not None or baselines or fma is not None or musdb is not None:
            raise ValueError(
                "--reference trains the equaliser by reference alone, on --music: leave out --clap, --baselines, --fma "
                "and --musdb."
            )
        _train_reference(start or SemanticEQ.load(), settings, folders, out, seed, wandb)
        return
    mixtures = training_mixtures(folders, ratios, collections)
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


def _train_reference(
    semantic: SemanticEQ, settings: Settings, music: list[Path], out: Path, seed: int, wandb: bool
) -> None:
    from rich import print as show

    from model.training.reference import Amount, train_reference

    if not music:
        raise ValueError("The equaliser by reference learns from two halves of a recording: give folders of --music.")
    with _progress(wandb, {"seed": seed}) as report:
        _, path = train_reference(semantic, settings, music, out, Amount(seed=seed), report)
    show(f"Wrote {path}")


def _train_clap(
    source: str,
    base: SemanticEQ,
    mixture: Mixture,
    settings: Settings,
    clips: int,
    epochs: int,
    seed: int,
    out: Path,
) -> None:
    from rich import print as show

    from model.clap import Clap
    from model.training.clap import train_clap

    if clips < 2:
        raise ValueError(f"CLAP was given {clips} clips to hear, fewer than 2.")
    clap = Clap.load(source)
    with _progress(False, {}) as report:

        def heard(n: int) -> None:
            report("hearing through CLAP", n, clips, {})

        eq = train_clap(base, clap, mixture, settings, out, clips, epochs=epochs, seed=seed, on_clip=heard)
    _show_skipped(mixture.skipped)
    show(
        f"The projection estimates the EQ on a clip within {eq.about['rms_db']:.1f} dB (root mean square, in training)."
    )
    show(f"Wrote {eq.save(out)}")


def _train_baselines(safe: Path, out: Path, seed: int, music: Mixture) -> None:
    from rich import print as show

    from model import safe_db
    from model.training.baselines import train_baselines

    for path in train_baselines(safe_db.read(safe), out, seed, on_step=show, music=music).values():
        show(f"Wrote {path}")


@contextmanager
def _progress(wandb: bool, config: Mapping[str, Any]) -> Iterator[Report]:
    """Show a bar per stage with its losses; yield what `model.training.loop.train` reports to."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    run = _wandb_run(config) if wandb else None
    columns = (TextColumn("{task.description:30}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[losses]}")) as bar:
        tasks: dict[str, TaskID] = {}

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


def _wandb_run(config: Mapping[str, Any]) -> Any:
    try:
        import wandb
    except ImportError:
        raise ValueError("Weights & Biases is not installed: pip install 'semantic-eq[wandb]'.") from None
    return wandb.init(project="semantic-eq", config=config, mode=os.environ.get("WANDB_MODE", "offline"))
