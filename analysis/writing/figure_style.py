"""How figures look and are written: PDF, SVG and PNG with the same bytes each time: one AES column (82 mm) wide, 7
pt type, Okabe and Ito's colours."""

import io
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

COLUMN_IN = 3.25
COLOURS = ("#000000", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 7,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "text.parse_math": False,  # labels are shown as they are, dollars included
    "svg.hashsalt": "semantic-eq",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "figure.dpi": 100,
}
_METADATA = {"pdf": {"CreationDate": None, "ModDate": None}, "svg": {"Date": None}, "png": {"Software": None}}


def style() -> AbstractContextManager:
    """Give the context in which figures are drawn."""
    return matplotlib.rc_context(_STYLE)


def new_figure(height_in: float, columns: int = 1, rows: int = 1, **options: object) -> tuple[Figure, np.ndarray]:
    """Start a figure of one column's width with a grid of axes; options go to `Figure.subplots`."""
    figure = Figure(figsize=(COLUMN_IN, height_in))
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def write(figure: Figure, folder: Path, name: str, simulated: bool) -> str:
    """Write `<name>.pdf`, `.svg` and `.png` (300 dpi), say SIMULATED across where it is, and give the SVG."""
    with style():
        ConstrainedLayoutEngine().execute(figure)  # once, and not again for each format
        if simulated:
            figure.text(
                0.5, 0.5, "SIMULATED", ha="center", va="center", rotation=20, fontsize=26, color="#D55E00", alpha=0.22
            )
        figure.savefig(folder / f"{name}.pdf", metadata=_METADATA["pdf"])
        figure.savefig(folder / f"{name}.png", dpi=300, metadata=_METADATA["png"])
        svg = io.StringIO()
        figure.savefig(svg, format="svg", metadata=_METADATA["svg"])
    text = svg.getvalue()
    (folder / f"{name}.svg").write_text(text, encoding="utf-8")
    return text
