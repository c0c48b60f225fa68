"""The command that measures: all tables of the model card."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.equalise import Weights
from app.commands.training import SafeFile
from app.equalising import load_semantic

if TYPE_CHECKING:
    import pandas as pd

    from model import SemanticEQ
    from model.evaluation.adaptivity import Propose
    from model.evaluation.clips import Clip
    from model.safe_db import Settings

# At full intensity the published traversal ends at the target whatever it hears; its authors used 0.7.
PUBLISHED_INTENSITY = 0.7


def register(cli: typer.Typer) -> None:
    """Add this group's command to ``cli``."""
    cli.command()(evaluate)


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
    published: Annotated[
        Path | None, typer.Option(help="Weights from `train --origin audio`: the published recipe.")
    ] = None,
    held_out_only: Annotated[
        bool, typer.Option(help="Use only recordings that training leaves out by their names.")
    ] = False,
    max_clips: Annotated[int, typer.Option(help="Use at most this many, spread evenly over the folder.")] = 40,
    descriptors: Annotated[
        str, typer.Option(help="Separated by commas; 'all': those that the weights and SAFE-DB's file share.")
    ] = "warm,bright,airy",
    all_settings: Annotated[
        bool, typer.Option(help="Test describe() with all settings, not only held-out ones.")
    ] = False,
) -> None:
    """Measure static, ridge, flow and semantic on clips that training did not use; write tables and plots."""
    from rich.progress import track

    from model import safe_db
    from model.evaluation import adaptivity, hearing, report, steadiness
    from model.evaluation.clips import read_clips, read_pairs
    from model.request import remembering

    settings = safe_db.read(safe)
    _, held_out = settings.split()
    systems, listening = _systems(weights, ablation or [])
    main = listening["semantic"]
    if rule is not None:
        listening["rule"] = load_semantic(rule)
    if published is not None:
        listening["published recipe"] = load_semantic(published)
    known = [word for word in main.descriptors if word in settings.names]
    words = known if descriptors == "all" else [word.strip().lower() for word in descriptors.split(",")]
    if unknown := set(words) - set(known):
        names = ", ".join(map(repr, sorted(unknown)))
        raise ValueError(f"Unknown descriptors {names}: weights and {safe} both have {', '.join(known)}.")
    chosen = read_clips(clips, max_clips, held_out_only, lambda items: track(items, "Reading"))
    systems["shuffled clips"] = adaptivity.shuffled(main.propose, chosen)
    if rule is not None:
        systems["rule"] = adaptivity.ruled(listening["rule"].dose, systems["static"])
    if published is not None:
        systems["published recipe"] = partial(
            listening["published recipe"].propose, origin="audio", intensity=PUBLISHED_INTENSITY
        )
    testing = settings if all_settings else held_out
    describes = {name: eq.describe for name, eq in listening.items()}
    estimates = {name: eq.applied_eq for name, eq in listening.items()}
    pairs = read_pairs(chosen, clips)
    with remembering():
        rows = adaptivity.responses(systems, track(chosen, "Proposing"), settings, words)
        aucs = hearing.separation(describes, track(chosen, "Describing"), testing)
        blind = hearing.blind_error(estimates, track(chosen, "Estimating the EQ of clips"), held_out)
        steady = steadiness.differences(systems, track(pairs, "Comparing excerpts"), words[:2]) if pairs else None
    table = adaptivity.summarise(rows, settings)
    more = {report.BLIND: blind}
    if steady is not None:
        more[report.STEADINESS] = steadiness.summarise(steady)
        more[report.BY_REFERENCE] = _by_reference(main, chosen, clips, held_out)
    more[report.PERSONAL] = _personal(settings, words[:2])
    report.write(out, table, rows, aucs, settings, chosen, main, more)
    for frame in (table, report.auc_table(aucs), *more.values()):
        typer.echo(report.markdown(frame) + "\n")
    typer.echo(f"Wrote {out}")


def _by_reference(semantic: SemanticEQ, clips: list[Clip], folder: Path, held_out: Settings) -> pd.DataFrame:
    """Return the table of what makes clips sound like a reference."""
    from rich.progress import track

    from model import MatchEQ, ReferenceEQ
    from model.evaluation import by_reference

    systems = {"flat": by_reference.flat, "semantic, by hand": by_reference.by_hand(semantic)}
    systems |= {"match": MatchEQ().propose, "reference": ReferenceEQ.load().propose}
    rows = by_reference.distances(
        systems, clips, folder, held_out, track=lambda pairs: track(pairs, "Matching references")
    )
    return by_reference.summarise(rows)


def _personal(settings: Settings, words: list[str]) -> pd.DataFrame:
    """Return the table of how well one listener's own word is found, a row per word."""
    import pandas as pd
    from rich.progress import track

    from model.training.personal import recovery

    found = [
        {"descriptor": word, **recovery(settings, word, track=lambda people: track(people, "Learning words"))}
        for word in words
    ]
    return pd.DataFrame(found)


def _systems(weights: Path | None, ablations: list[str]) -> tuple[dict[str, Propose], dict[str, Any]]:
    """Return every system's propose, and those that can describe what they hear."""
    from model import FlowEQ, RidgeEQ, StaticEQ

    ridge, semantic = RidgeEQ.load(), {"semantic": load_semantic(weights)}
    for text in ablations:
        name, _, path = text.partition("=")
        if not path:
            raise ValueError(f"The ablation {text!r} has no file: write NAME=FILE.")
        semantic[name] = load_semantic(Path(path))
    main = semantic["semantic"]
    systems: dict[str, Propose] = {
        "static": StaticEQ.load().propose,
        "ridge": ridge.propose,
        "flow": FlowEQ.load().propose,
    }
    systems |= {name: eq.propose for name, eq in semantic.items()}
    systems["published traversal"] = partial(main.propose, origin="audio", intensity=PUBLISHED_INTENSITY)
    return systems, {"ridge": ridge, **semantic}
