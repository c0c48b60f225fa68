"""Figures as files, by their names."""

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from analysis.writing import clip_figures, figures
from analysis.writing.figure_style import style, write

FIGURES: dict[str, Callable[..., Figure]] = {
    "means": figures.means_figure,
    "distributions": figures.distributions_figure,
    "medians": figures.medians_figure,
    "forest": figures.forest_figure,
    "assumptions": figures.assumptions_figure,
    "clip_differences": clip_figures.clip_differences_figure,
    "eq_curves": clip_figures.eq_curves_figure,
    "adaptive": clip_figures.adaptive_figure,
    "adaptivity": clip_figures.adaptivity_figure,
    "multiverse": figures.multiverse_figure,
}


def write_figure(name: str, arguments: tuple[object, ...], folder: Path, simulated: bool) -> None:
    """Draw one of `FIGURES` from its arguments, and write `<name>.pdf`, `.svg` and `.png`."""
    with style():
        write(FIGURES[name](*arguments), folder, name, simulated)
