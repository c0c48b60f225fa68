"""Reading the numbers that R gave: tests/reference/reference.R holds the call that made each."""

import json
from functools import cache
from pathlib import Path

from analysis.data.cells import Cells, cells
from analysis.data.ratings import Ratings, from_table
from analysis.data.reading import read_csv

FOLDER = Path(__file__).resolve().parents[1] / "reference" / "data"
STUDIES = ("listening", "unbalanced", "two", "few", "maxwell", "obrien")
ANY_SCALE = (-1e6, 1e6)


@cache
def expected(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@cache
def ratings(name: str) -> Ratings:
    return from_table(read_csv(FOLDER / f"{name}.csv"), ANY_SCALE)


@cache
def grid(name: str) -> Cells:
    return cells(ratings(name))
