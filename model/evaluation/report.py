"""The evaluation on paper: tables as CSV, Markdown and LaTeX, and plots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch

from model.eq import GRID_HZ
from model.evaluation.clips import Clip
from model.safe_db import Settings
from model.semantic import SemanticEQ

ADAPTIVITY, AUC, BLIND, STEADINESS = "adaptivity", "describe", "blind", "steadiness"
BY_REFERENCE, PERSONAL = "by-reference", "personal"


def write(
    folder: Path,
    table: pd.DataFrame,
    rows: pd.DataFrame,
    aucs: dict[str, dict[str, float]],
    settings: Settings,
    clips: Iterable[Clip],
    eq: SemanticEQ,
    more: Mapping[str, pd.DataFrame] | None = None,
) -> None:
    """Write all tables and plots of an evaluation to ``folder``.

    Parameters
    ----------
    table, rows : what `model.evaluation.adaptivity.summarise` and `responses` gave
    aucs : per semantic equaliser, what `model.evaluation.hearing.separation` gave
    eq : SemanticEQ
        The one whose latent space is drawn.
    more : dict of DataFrame, optional
        Further tables by name: `BLIND`, `STEADINESS`, `BY_REFERENCE`, `PERSONAL`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in {ADAPTIVITY: table, AUC: auc_table(aucs), **(more or {})}.items():
        frame.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
        (folder / f"{name}.md").write_text(markdown(frame) + "\n")
        (folder / f"{name}.tex").write_text(latex(frame) + "\n")
    rows.drop(columns=["curve", "spectrum", "change"]).to_csv(folder / "clips.csv", index=False, float_format="%.6g")
    for descriptor in rows.descriptor.unique():
        own = rows[rows.descriptor == descriptor]
        _save(curves(own, settings.mean_response_db(GRID_HZ)[descriptor]), folder / f"curves-{descriptor}")
        _save(doses(own), folder / f"dose-{descriptor}")
    _save(latent_space(eq, settings, clips), folder / "latent-space")


def auc_table(aucs: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Return one row per semantic equaliser: auc_within, auc_across."""
    return pd.DataFrame([{"system": name, **values} for name, values in aucs.items()])


def markdown(frame: pd.DataFrame) -> str:
    """Return ``frame`` as a Markdown table."""
    lines = [list(frame.columns), ["---"] * frame.shape[1], *([_cell(v) for v in row] for row in frame.to_numpy())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def latex(frame: pd.DataFrame) -> str:
    """Return ``frame`` as a LaTeX tabular (booktabs)."""
    header = " & ".join(_escaped(name) for name in frame.columns)
    body = [" & ".join(_escaped(_cell(value)) for value in row) + r" \\" for row in frame.to_numpy()]
    columns = "".join("r" if kind.kind in "fi" else "l" for kind in frame.dtypes)
    top = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", header + r" \\", r"\midrule"]
    return "\n".join([*top, *body, r"\bottomrule", r"\end{tabular}"])


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _escaped(text: str) -> str:
    return text.replace("_", r"\_").replace("%", r"\%").replace("&", r"\&")


def curves(rows: pd.DataFrame, mean_curve_db: np.ndarray) -> Figure:
    """Draw, per system, the curves proposed for every untouched clip beside the mean curve of SAFE-DB's settings."""
    systems = list(rows.system.unique())
    figure, axes = plt.subplots(
        1, len(systems), figsize=(3 * len(systems), 3), sharey=True, squeeze=False, layout="constrained"
    )
    for axis, system in zip(axes[0], systems, strict=True):
        proposed = np.stack(rows[(rows.system == system) & (rows.k == 0)].curve)
        axis.semilogx(GRID_HZ, proposed.T, color="#0072b2", alpha=0.25, linewidth=0.7)
        axis.semilogx(GRID_HZ, proposed.mean(axis=0), color="#0072b2", linewidth=2, label="mean")
        axis.semilogx(GRID_HZ, mean_curve_db, color="black", linestyle="--", label="SAFE-DB, mean")
        axis.set(title=system, xlabel="frequency (Hz)", xticks=[100, 1000, 10_000], xticklabels=["100", "1k", "10k"])
        axis.grid(alpha=0.3)
    axes[0][0].set_ylabel("gain (dB)")
    axes[0][-1].legend(fontsize=8)
    return figure


def doses(rows: pd.DataFrame) -> Figure:
    """Draw the dose over what the clip already is, one panel per system, coloured by the pre-equaliser's k."""
    systems = list(rows.system.unique())
    figure, axes = plt.subplots(
        1, len(systems), figsize=(3 * len(systems), 3), sharey=True, squeeze=False, layout="constrained"
    )
    for axis, system in zip(axes[0], systems, strict=True):
        own = rows[rows.system == system]
        dots = axis.scatter(own.baseline_score, own.dose, c=own.k, s=8, cmap="coolwarm")
        axis.axhline(0, color="black", linewidth=0.8)
        axis.set(title=system, xlabel="baseline score (doses)")
    axes[0][0].set_ylabel("dose")
    figure.colorbar(dots, ax=axes[0], label="pre-equalised, k", pad=0.01)
    return figure


def latent_space(eq: SemanticEQ, settings: Settings, clips: Iterable[Clip]) -> Figure:
    """Draw settings, targets and clips in the latent space's two main directions between the targets."""
    network = eq.network
    with torch.no_grad():
        codes = network.autoencoder.encode(torch.as_tensor(settings.parameters, dtype=torch.float32)).numpy()
        targets, flat = network.targets.numpy(), network.autoencoder.z_flat().numpy()
    heard = np.concatenate([eq.embed(clip.audio, clip.sample_rate).numpy() for clip in clips])
    _, _, axes = np.linalg.svd(targets - flat, full_matrices=False)

    def flatten(z: np.ndarray) -> np.ndarray:
        return ((z - flat) @ axes[:2].T).T

    figure, axis = plt.subplots(figsize=(7, 6), layout="constrained")
    colours = plt.get_cmap("tab10")
    for index, name in enumerate(eq.descriptors):
        own = flatten(codes[settings.descriptors == name])
        axis.scatter(own[0], own[1], s=6, alpha=0.35, color=colours(index % 10))
        x, y = flatten(targets[index])
        axis.scatter(x, y, s=110, marker="*", zorder=3, color=colours(index % 10), ec="black", label=name)
    clips_x, clips_y = flatten(heard)
    axis.scatter(clips_x, clips_y, s=18, marker="x", color="black", label="clips")
    axis.scatter(0, 0, s=60, marker="o", facecolor="none", edgecolor="black", label="flat")
    axis.set(xlabel="first direction", ylabel="second direction")
    axis.legend(fontsize=8)
    return figure


def _save(figure: Figure, path: Path) -> None:
    for suffix in (".png", ".pdf"):
        figure.savefig(path.with_suffix(suffix), dpi=300)
    plt.close(figure)
