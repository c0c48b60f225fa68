"""The whole way from ratings to files, as the command takes it."""

import hashlib
import html
import re

import numpy as np
import pandas as pd
import pytest

from analysis.analyse import Settings, analyse
from analysis.data.ratings import from_table
from analysis.data.screening import Rules
from analysis.statistics import anova, descriptives, posthoc
from analysis.statistics.results import compute
from analysis.writing.answer import answer
from analysis.writing.findings import results_section
from tests.analysis.example import example
from tests.analysis.test_adaptive import stimuli

COLUMNS = {
    "means": descriptives.MEANS,
    "anova": anova.COLUMNS,
    "posthoc": posthoc.COLUMNS,
    "lmm": ["term", "estimate", "se", "z", "p", "ci_low", "ci_high"],
    "lmm_variance": ["group", "variance"],
    "friedman": ["descriptor", "chi2", "dof", "p"],
    "reliability": ["measure", "value", "ci_low", "ci_high"],
}
FIGURES = ("means", "distributions", "forest", "clip_differences", "eq_curves", "adaptive", "assumptions")


def bytes_of(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Analyse simulated participants, with stimuli, twice."""
    folders = [tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")]
    study = from_table(example(clips=6).assign(simulated=True))
    results = [analyse(study, folder, Settings(stimuli=stimuli())) for folder in folders]
    return folders, results[0]


def test_the_files_that_other_programs_read_have_their_columns(simulated):
    for name, columns in COLUMNS.items():
        assert list(pd.read_csv(simulated[0][0] / f"{name}.csv").columns) == columns, name


def test_csv_keeps_full_precision(simulated):
    (folder, _), results = simulated
    read = pd.read_csv(folder / "posthoc.csv")
    pd.testing.assert_frame_equal(read, results["posthoc"].reset_index(drop=True), check_exact=True, check_dtype=False)


def test_the_same_ratings_give_the_same_bytes(simulated):
    first, second = (bytes_of(folder) for folder in simulated[0])
    assert first == second and len(first) > 80


def test_everything_made_from_simulated_participants_says_so(simulated):
    folder = simulated[0][0]
    for path in [*folder.glob("*.md"), *folder.glob("*.tex"), *folder.glob("*.html")]:
        assert "SIMULATED" in path.read_text(encoding="utf-8"), path.name
    assert (folder / "SIMULATED.txt").exists()


@pytest.mark.parametrize("name", FIGURES)
def test_figures_come_as_pdf_svg_and_png_of_one_column(simulated, name):
    folder = simulated[0][0]
    assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert width_in(folder / f"{name}.svg") == pytest.approx(3.25, abs=0.01)


def width_in(svg):
    return float(re.search(r'<svg[^>]* width="([\d.]+)pt"', svg.read_text(encoding="utf-8")).group(1)) / 72


def test_the_report_opens_with_three_sentences_and_loads_nothing(simulated):
    folder, results = simulated[0][0], simulated[1]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert len(answer(results)) == 3
    assert page.index('class="answer"') < page.index("<section")
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page) and "<script" not in page


@pytest.fixture(scope="module")
def excluded(tmp_path_factory):
    """Analyse real participants of whom one breaks a rule, where simulated ones were analysed before."""
    folder = tmp_path_factory.mktemp("excluded")
    (folder / "SIMULATED.txt").write_text("of an earlier run")
    table = example()
    table.loc[table["participant"] == "p05", "rating"] = 4
    analyse(from_table(table), folder, Settings(rules=Rules()))
    return folder


def is_thorough(folder):
    """Tell whether the models that take longest were computed."""
    found = {(folder / f"{name}.csv").exists() for name in ("lmm_slopes", "ordinal", "reliability")}
    assert len(found) == 1
    return found.pop()


def test_real_participants_are_not_called_simulated(simulated, excluded):
    texts = [path for path in excluded.iterdir() if path.suffix in {".md", ".tex", ".txt", ".html", ".svg"}]
    assert len(texts) > 40 and not [path for path in texts if "SIMULATED" in path.read_text(encoding="utf-8")]
    assert (excluded / "means.png").read_bytes() != (simulated[0][0] / "means.png").read_bytes()


def test_with_exclusions_both_results_are_there(excluded):
    beside = pd.read_csv(excluded / "with_and_without.csv").set_index("measure")
    assert beside.loc["participants"].tolist() == [8, 7]
    assert pd.read_csv(excluded / "exclusions.csv")["participant"].unique().tolist() == ["p05"]
    assert pd.read_csv(excluded / "all_participants" / "means.csv")["n"].eq(8).all()
    assert pd.read_csv(excluded / "means.csv")["n"].eq(7).all()
    assert is_thorough(excluded) and not is_thorough(excluded / "all_participants")


def test_without_stated_rules_everyone_counts_and_the_others_stand_beside(excluded):
    table = example()
    table.loc[table["participant"] == "p05", "rating"] = 4
    analyse(from_table(table), excluded)
    assert pd.read_csv(excluded / "means.csv")["n"].eq(8).all()
    assert pd.read_csv(excluded / "after_exclusions" / "means.csv")["n"].eq(7).all()
    assert not (excluded / "all_participants").exists()
    assert is_thorough(excluded) and not is_thorough(excluded / "after_exclusions")
    assert "No rules for leaving out participants were stated" in (excluded / "methods.md").read_text(encoding="utf-8")


def few(case):
    """Give a table with too little in it."""
    table = example()
    return {
        "one participant": table[table["participant"] == "p01"],
        "one condition": table[table["condition"] == "flow"],
        "one clip": table[table["clip"] == "clip1"],
        "two participants": table[table["participant"].isin(["p01", "p02"])],
        "nobody rated a cell": table[(table["condition"] != "flow") | (table["descriptor"] != "warm")],
        "everyone gave the same": table.assign(rating=np.resize([3, 4, 5, 4], len(table))),
    }[case]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("one participant", "too few data for an answer: 1 participant"),
        ("one condition", "nothing to compare"),
        ("one clip", "8 participants"),
        ("two participants", "too few participants to trust the test"),
        ("nobody rated a cell", "nobody rated warm under flow"),
        ("everyone gave the same", "without variation there is no error"),
    ],
)
def test_too_few_data_are_reported(case, words):
    results = compute(from_table(few(case)))
    assert len(answer(results)) == 3
    assert words in results_section(results)


def test_one_participant_still_gets_a_report(tmp_path):
    results = analyse(from_table(few("one participant")), tmp_path)
    assert answer(results)[0] in html.unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert pd.read_csv(tmp_path / "anova.csv").empty and pd.read_csv(tmp_path / "means.csv")["n"].eq(1).all()


def test_everyone_breaking_a_rule_is_reported(tmp_path):
    with pytest.raises(
        ValueError, match=r"Every one of 8 participants breaks a screening rule \(8 by max_same_rating\)"
    ):
        analyse(from_table(example().assign(rating=4)), tmp_path / "out", Settings(rules=Rules()))
    assert not (tmp_path / "out").exists()
