"""The paper in one text: it cites what it has, shows what is there, and says SIMULATED."""

import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.analyse import Settings, analyse
from analysis.data.ratings import from_table
from analysis.statistics.table import Table
from analysis.writing import quarto
from tests.analysis.example import example


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper") / "out"
    table = from_table(example(participants=5, clips=3).assign(simulated=True))
    analyse(table, folder, Settings(title='Warm "and" bright'))
    return folder


def test_every_citation_has_its_reference_and_every_reference_is_cited(folder):
    text = (folder / "paper.qmd").read_text(encoding="utf-8")
    entries = re.findall(r"@\w+\{(\w+),", (folder / "references.bib").read_text(encoding="utf-8"))
    assert sorted(entries) == sorted(set(re.findall(r"@(\w+\d+)", text))) and "morey2008" in entries
    assert "bs1534" not in entries  # no MUSHRA here
    assert not re.findall(r"\([A-Z][^()]*, (?:19|20)\d\d[^()]*\)", text.split("# Figures")[0])


def test_every_work_that_a_sentence_cites_is_known():
    entries = Path(quarto.__file__).with_name("references.bib").read_text(encoding="utf-8")
    for citation in quarto.CITED.values():
        key = re.search(r"@(\w+)", citation).group(1)
        assert f"{{{key}," in entries


def test_figures_and_tables_are_there_and_simulated_participants_are_named(folder):
    text = (folder / "paper.qmd").read_text(encoding="utf-8")
    images = re.findall(r"\]\(([^)]+)\)", text)
    assert images and all((folder / name).is_file() for name in images)
    assert text.startswith('---\ntitle: "SIMULATED: Warm \\"and\\" bright"')
    assert [line for line in text.splitlines() if line.startswith("# ")] == [
        "# Methods", "# Results", "# Limits", "# Figures", "# Tables", "# References",
    ]  # fmt: skip
    assert "{#tbl-main-model-contrasts}" in text and "| descriptor |" in text


@pytest.mark.parametrize(("rows", "shown"), [(0, False), (1, True)])
def test_a_table_without_a_row_is_left_out(rows, shown):
    name = quarto.TABLES[0]
    table = Table(name, "A caption of this test.", pd.DataFrame({"descriptor": ["warm"] * rows, "n": [1] * rows}))
    text, _ = quarto.paper("Title", [], {}, {}, {name: table})
    assert ("A caption of this test." in text) == shown
