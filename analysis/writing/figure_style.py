"""How figures look and are written: PDF, SVG and PNG with the same bytes each time; as wide as one column of the AES's
templates (82 mm) or both (170 mm), 7 pt type that stays text, colours that everybody tells apart (Okabe and Ito)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import matplotlib
import numpy as np
from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

COLUMN_IN, PAGE_IN = 3.25, 6.7
MOST_PANELS = 5  # side by side on both columns
LONGEST_LABEL = 26
# Beside the first, for letters that it lacks; those that are installed are used.
FONTS = (
    "DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Source Han Sans", "WenQuanYi Zen Hei", "IPAGothic",
    "Hiragino Sans", "PingFang SC", "Microsoft YaHei", "Yu Gothic", "Arial Unicode MS", "Noto Sans",
)  # fmt: skip
COLOURS = (
    "#000000",
    "#D55E00",
    "#0072B2",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#882255",
)  # wine in place of their yellow, too pale on white
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_STYLE: dict[RcKeyType, Any] = {
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
    "svg.fonttype": "none",  # text that can be searched, read out and edited
    "pdf.fonttype": 42,
    "ps.fonttype": 42,  # by it matplotlib 3.11 decides how many letters of a font go together into a PDF too
    "figure.dpi": 100,
}
_METADATA = {"pdf": {"CreationDate": None, "ModDate": None}, "svg": {"Date": None}, "png": {"Software": None}}


def style() -> AbstractContextManager[None]:
    """Give the context in which figures are drawn."""
    from matplotlib import font_manager

    there = set(font_manager.get_font_names())
    return matplotlib.rc_context({**_STYLE, "font.family": [name for name in FONTS if name in there]})


@contextmanager
def _light_fonts() -> Iterator[None]:
    """Let matplotlib embed fonts in a PDF with what a PDF needs of them (ISO 32000-1, 9.9): there every glyph has its
    number and its place already, and to read and reduce names, rules of kerning and ligatures takes longer than to draw
    the figure."""
    load = subset.load_font

    def without_rules(*given: Any, **options: Any) -> TTFont:
        font = load(*given, **options)
        for table in {"GDEF", "GPOS", "GSUB", "OS/2", "cmap", "kern", "name", "post"} & set(font.keys()):
            del font[table]
        return font

    subset.load_font = without_rules
    try:
        yield
    finally:
        subset.load_font = load


def new_figure(
    height_in: float, columns: int = 1, rows: int = 1, wide: bool = False, **options: Any
) -> tuple[Figure, np.ndarray]:
    """Start a figure of one column's width, or of both, with a grid of axes; options go to `Figure.subplots`."""
    figure = Figure(figsize=(PAGE_IN if wide else COLUMN_IN, height_in))
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def panels(n: int, height_in: float, most_narrow: int = 2, **options: Any) -> tuple[Figure, list[Axes]]:
    """Start a figure with a panel for each of n things, each so high: one column wide for a few, else both; and over
    several rows where even that is too little. Axes are shared in a row's y and everybody's x."""
    columns = min(n, MOST_PANELS)
    rows = -(-n // columns)
    figure, axes = new_figure(height_in * rows, columns, rows, wide=n > most_narrow, **options)
    for axis in axes.ravel()[n:]:
        axis.set_visible(False)
    return figure, list(axes.ravel()[:n])


def short(label: str, longest: int = LONGEST_LABEL) -> str:
    """Shorten a label in its middle, so that those which begin or end alike stay apart; a letter of full East Asian
    width takes the place of two."""
    if sum(map(_places, label)) <= longest:
        return label
    head = (longest - 1) * 2 // 3
    return f"{_start(label, head)}…{_start(label[::-1], longest - 1 - head)[::-1]}"


def _places(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WF" else 1


def _start(label: str, places: int) -> str:
    """Give as much of a label's beginning as has room in so many places."""
    ends = np.cumsum([_places(letter) for letter in label])
    return label[: int(np.searchsorted(ends, places, side="right"))]


def colour_of(k: int) -> str:
    """Give the colour of the k-th condition, counted from 0."""
    return COLOURS[k % len(COLOURS)]


def marker_of(k: int) -> str:
    """Give the marker of the k-th condition, counted from 0."""
    return MARKERS[k % len(MARKERS)]


def _pdf(figure: Figure, path: Path) -> None:
    with _light_fonts():
        figure.savefig(path, metadata=_METADATA["pdf"])


def _png(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=300, metadata=_METADATA["png"])


BESIDE_SVG = {"pdf": _pdf, "png": _png}  # the SVG is what the report shows


def write(figure: Figure, folder: Path, name: str, simulated: bool) -> str:
    """Write `<name>.pdf`, `.svg` and `.png` (300 dpi), say SIMULATED across where it is, and give the SVG."""
    with style():
        ConstrainedLayoutEngine().execute(figure)  # once, and not again for each format
        if simulated:
            figure.text(
                0.5, 0.5, "SIMULATED", ha="center", va="center", rotation=20, fontsize=26, color="#D55E00", alpha=0.22
            )
        for ending, save in BESIDE_SVG.items():
            save(figure, folder / f"{name}.{ending}")
        svg = io.StringIO()
        figure.savefig(svg, format="svg", metadata=_METADATA["svg"])
    text = svg.getvalue()
    (folder / f"{name}.svg").write_text(text, encoding="utf-8")
    return text
