"""What the documentation says is held by a test is: the tests that it names are there, and each threat names one."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
NAMED = re.compile(r"`(?:pytest [^`]*?)?((?:tests/[\w/]*(?:\.py)?)|(?:test_\w+(?:\.py)?))`")
DEFINED = re.compile(r"^def (test_\w+)", re.MULTILINE)


def named_in(text: str) -> set[str]:
    """Files, folders and functions of tests that stand in backquotes."""
    return set(NAMED.findall(text))


def is_there(name: str, functions: set[str]) -> bool:
    """Whether a named test exists; a file's name alone may stand in any folder."""
    if name.startswith("tests/"):
        return (ROOT / name).exists()
    return any((ROOT / "tests").rglob(name)) if name.endswith(".py") else name in functions


@pytest.fixture(scope="module")
def functions():
    return {name for file in (ROOT / "tests").rglob("test_*.py") for name in DEFINED.findall(file.read_text("utf-8"))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_a_page_names_exists(page, functions):
    missing = [name for name in named_in(page.read_text("utf-8")) if not is_there(name, functions)]
    assert not missing


@pytest.mark.parametrize(
    ("page", "heading"), [("docs/security.md", "Threats and answers"), ("docs/serving.md", "What tests hold of this")]
)
def test_every_line_of_these_tables_names_what_holds_it(page, heading):
    text = (ROOT / page).read_text("utf-8").partition(f"# {heading}\n")[2].partition("\n#")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 2
    assert not [row[:80] for row in rows if not named_in(row)]


def test_a_test_that_is_not_there_is_found(functions):
    named = named_in("`test_nothing_of_the_kind`, `tests/app/test_audience.py`, `pytest -m slow tests/app/nil.py`")
    assert {name for name in named if not is_there(name, functions)} == {"test_nothing_of_the_kind", "tests/app/nil.py"}
