"""Figures of many descriptors, conditions and listeners, with labels of any kind."""

import re
import zlib
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.layout_engine import ConstrainedLayoutEngine

from analysis.analyse import draw_compared, draw_described
from analysis.data.cells import cells
from analysis.data.ratings import from_table
from analysis.statistics.descriptives import descriptives
from analysis.statistics.results import compute
from analysis.writing.abx import abx_figure
from analysis.writing.clip_figures import adaptive_figure, adaptivity_figure
from analysis.writing.drawing import Figures, Here
from analysis.writing.figure_style import COLOURS, short, style
from analysis.writing.figures import means_figure, medians_figure
from analysis.writing.pairs_figures import choices_figure
from tests.analysis.example import example
from tests.analysis.test_analyse import width_in

CONDITIONS = [
    "original",
    "semantic",
    "static",
    "100 % $\\frac{$",
    "a condition with an exceedingly long name",
    "a condition with an exceedingly long title",
    "λ",
    "é",
]
DESCRIPTORS = ["warm", "bright", "a very long descriptor indeed", "$x$ airy", "dull & flat"]


def many(participants=5):
    rng = np.random.default_rng(0)
    p, d, k, c = (x.ravel() for x in np.indices((participants, len(DESCRIPTORS), 2, len(CONDITIONS))))
    labels = {"descriptor": np.array(DESCRIPTORS)[d], "clip": k, "condition": np.array(CONDITIONS)[c]}
    return from_table(pd.DataFrame({"participant": p, **labels, "rating": rng.integers(1, 8, p.size)}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    results, figures = compute(many(), thorough=False), Figures(Here(), folder, simulated=False)
    draw_described(results, figures)
    draw_compared(results, figures, None)
    return folder


def test_many_panels_take_both_columns_and_no_more_than_a_page(folder):
    for name in ("means", "forest", "clip_differences"):
        assert width_in(folder / f"{name}.svg") == pytest.approx(6.7, abs=0.01), name
    for path in folder.glob("*.svg"):
        height_pt = float(re.search(r'<svg[^>]* height="([\d.]+)pt"', path.read_text(encoding="utf-8")).group(1))
        assert height_pt / 72 < 9.4, path.name


def test_text_of_a_figure_is_text(folder):
    drawn = (folder / "means.svg").read_text(encoding="utf-8")
    contrasts = (folder / "clip_differences.svg").read_text(encoding="utf-8")
    assert contrasts.count(f"stroke: {COLOURS[2].lower()}; stroke-width: 0.8") == len(DESCRIPTORS)  # the model's means
    for words in ("semantic", "100 % $\\frac{$", "dull &amp; flat", "n = 5", "λ", "é"):
        assert words in drawn, words


def test_a_pdf_embeds_its_font_with_the_text_and_no_more_than_it_needs(folder):
    compressed = re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", (folder / "means.pdf").read_bytes(), re.DOTALL)
    streams = [zlib.decompress(stream) for stream in compressed]
    fonts = [stream for stream in streams if stream.startswith(b"\x00\x01\x00\x00")]
    tables = {font[12 + 16 * i :][:4] for font in fonts for i in range(int.from_bytes(font[4:6], "big"))}
    assert {b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"} <= tables  # ISO 32000-1, 9.9
    assert not tables & {b"GDEF", b"GPOS", b"GSUB", b"OS/2", b"cmap", b"kern", b"name", b"post"}
    assert any(b"begincmap" in stream for stream in streams)


@pytest.mark.parametrize("n", [60, 61])
def test_every_listener_is_drawn_and_joined_where_they_are_few(n):
    grid = cells(from_table(example(participants=n, clips=2)))
    with style():
        figure = means_figure(grid, descriptives(grid), (1, 7))
    axis = figure.axes[0]
    points = [line for line in axis.lines if line.get_marker() == "o" and line.get_markersize() < 2]
    assert sum(len(line.get_xdata()) for line in points) == n * 4
    joined = [path for lines in axis.collections for path in lines.get_paths() if len(path.vertices) == 4]
    assert len(joined) == (n if n <= 60 else 0) and f"n = {n}" in axis.get_title()


def test_labels_that_begin_alike_stay_apart_when_shortened():
    names = [short(name) for name in CONDITIONS]
    assert len(set(names)) == len(CONDITIONS) and max(map(len, names)) == 26
    assert short("x" * 26) == "x" * 26
    assert short("暖" * 13) == "暖" * 13 and short("暖" * 14) == "暖" * 8 + "…" + "暖" * 4  # each as wide as two


def test_neighbouring_colours_differ_in_lightness():
    def lightness(colour):
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2

    assert all(lightness(c) < 0.5 for c in COLOURS)
    assert all(abs(lightness(a) - lightness(b)) > 0.03 for a, b in pairwise(COLOURS[:4]))


@pytest.mark.parametrize(("scores", "n_lines"), [((-1.0, 1.0), 0), ((-1.0, 0.0, 1.0), 1), ((1.0, 1.0, 1.0), 0)])
def test_a_line_is_drawn_through_three_clips_that_differ(scores, n_lines):
    zeros = np.zeros(len(scores))
    table = pd.DataFrame(
        {"descriptor": "warm", "baseline_score": scores, "diff": zeros, "ci_low": zeros - 1, "ci_high": zeros + 1}
    )
    (axis,) = adaptive_figure(table, "semantic", "static").axes
    assert sum(line.get_color() == COLOURS[1] for line in axis.lines) == n_lines


def test_the_legend_of_the_adaptivity_figure_lies_on_no_clip():
    scores = np.tile(np.linspace(-2, 2, 9), len(DESCRIPTORS))
    clips = pd.DataFrame({"descriptor": np.repeat(DESCRIPTORS, 9), "baseline_score": scores})
    clips["diff"] = np.concatenate([np.full(9, y) for y in (-1, -0.5, 0, 0.5, 1)])
    ends = {"baseline_score": [-2, 2], "advantage": [0, 0], "ci_low": [-0.1, -0.1], "ci_high": [0.1, 0.1]}
    with style():
        figure = adaptivity_figure(clips, pd.DataFrame(ends), np.nan, "semantic", "static")
        ConstrainedLayoutEngine().execute(figure)
        (legend,) = [*figure.legends, *([figure.axes[0].get_legend()] if figure.axes[0].get_legend() else [])]
        box = legend.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.x1
        assert not box.overlaps(figure.axes[0].get_window_extent())


@pytest.mark.parametrize(("scale", "limits"), [((1, 7), (0.82, 7.18)), ((0, 100), (-3, 103))])
def test_medians_are_drawn_over_the_whole_scale(scale, limits):
    row = {"descriptor": "warm", "condition": "a", "median": 4, "q1": 3, "q3": 5, "ci_low": 3, "ci_high": 5}
    figure = medians_figure(pd.DataFrame([row]), scale)
    assert figure.axes[0].get_ylim() == pytest.approx(limits)


def test_long_labels_of_abx_pairs_stay_in_the_figure():
    long = [f"condition number {i} with a long name" for i in range(2)]
    rows = [(word, *long, 0.6, 0.5, 0.7, 0.4, 0.8) for word in ("warm", "$\\frac{$", "an uncommonly long descriptor")]
    names = ["descriptor", "a", "b", "proportion", "ci_low", "ci_high", "new_listeners_low", "new_listeners_high"]
    found = pd.DataFrame(rows, columns=names)
    with style():
        figure = abx_figure(found, found[names[:4]])
        ConstrainedLayoutEngine().execute(figure)
        axis = figure.axes[0]
        assert min(label.get_window_extent().x0 for label in axis.get_yticklabels()) >= 0
        assert axis.get_position().width > 0.3


@pytest.mark.parametrize(("n_pairs", "inches"), [(2, 1.5), (3, 1.51), (20, 4.74)])
def test_a_figure_of_choices_grows_with_its_pairs(n_pairs, inches):
    rows = [("warm", f"a{i}", "b", 3, 1, 2) for i in range(n_pairs)]
    tests = pd.DataFrame(rows, columns=["descriptor", "a", "b", "a_chosen", "same", "b_chosen"])
    assert choices_figure(tests).get_size_inches()[1] == pytest.approx(inches)
