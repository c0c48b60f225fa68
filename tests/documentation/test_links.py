"""Links between the pages, to files of this repository and to headings lead somewhere."""

import re
import unicodedata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")})
# Made by `make docs` from the code: docs/site/pages.py.
MADE = {"docs/reference/study-file.md", "docs/reference/commands.md", "docs/reference/python.md"}
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+)$", text, re.MULTILINE):
        plain = unicodedata.normalize("NFKD", re.sub(r"[`*]|\[(.+?)\]\(.+?\)", r"\1", heading)).lower()
        found.add(re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", plain).strip()))
    return found


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    found = []
    for target in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        if not other.exists():
            if other.relative_to(ROOT).as_posix() not in MADE:
                found.append(target)
        elif anchor and other.suffix == ".md" and anchor not in anchors(other):
            found.append(target)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert not broken(page)


def test_a_link_to_nothing_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("# Two words\n[a](other.md) [b](#two-words) [c](#three) [d](page.md#two-words)\n```\n[e](f)\n```\n")
    assert broken(page) == ["other.md", "#three"]
