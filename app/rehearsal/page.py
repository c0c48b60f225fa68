"""The page of a rehearsal: go or no-go, every check, and a small photograph of every page; it needs no other file."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from analysis.writing import report
from app.rehearsal.findings import Finding, Verdict, counted, is_go
from app.rehearsal.pages import Shown

STYLE = """<style>
.go { color: #17705a; } .no-go { color: var(--mark); }
@media (prefers-color-scheme: dark) { .go { color: #5ec7a8; } }
.checks td { white-space: normal; vertical-align: top; padding-bottom: .45rem; }
.checks td:first-child { font-weight: 700; } .checks td:nth-child(2), .checks td:last-child { white-space: nowrap; }
.failed td:first-child { color: var(--mark); } .omitted td:first-child { color: var(--quiet); }
.checks ul { margin: .2rem 0 0; padding-left: 1.1rem; }
.pages { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.pages figure { margin: 0; } .pages img { border: 1px solid var(--line); border-radius: 4px; vertical-align: top; }
.pages figcaption { max-width: 18rem; } .fault { color: var(--mark); }
</style>"""
NAME = "rehearsal.html"
THUMBNAIL_PX = {"desktop": 220, "phone": 80}


def verdict_text(findings: Sequence[Finding]) -> str:
    """Go, or no-go and why, in one sentence."""
    failed = [finding for finding in findings if finding.verdict is Verdict.FAILED]
    left = [finding for finding in findings if finding.verdict is Verdict.OMITTED]
    omitted = f"; {counted(len(left), 'check')} left out" if left else ""
    if failed:
        return f"No-go: {len(failed)} of {counted(len(findings), 'check')} failed{omitted}."
    return f"Go: nothing failed in {counted(len(findings) - len(left), 'check')}{omitted}."


def write(title: str, findings: Sequence[Finding], pages: Sequence[Shown], seconds: float, out: Path) -> Path:
    """Write `rehearsal.html` into the folder ``out``, where the screenshots lie.

    Parameters
    ----------
    title
        Of the study.
    seconds
        That the rehearsal took.
    """
    sections = [STYLE, _checks(findings), *_photographs(pages, out)]
    if (out / "results" / "report.html").is_file():
        link = '<p><a href="results/report.html">The analysis of the simulated listeners</a></p>'
        sections.append(report.section("As it will be reported", link))
    answer = [verdict_text(findings), f"It took {seconds:.0f} s."]
    text = report.page(f"Rehearsal: {title}", answer, False, sections)
    text = text.replace('<p class="answer">', f'<p class="answer {"go" if is_go(findings) else "no-go"}">', 1)
    path = out / NAME
    path.write_text(text, encoding="utf-8")
    return path


def _checks(findings: Sequence[Finding]) -> str:
    rows = "".join(_row(finding) for finding in findings)
    return f'<table class="checks"><tbody>{rows}</tbody></table>'


def _row(finding: Finding) -> str:
    details = "".join(f"<li>{html.escape(text)}</li>" for text in finding.details)
    cells = [
        f'<span title="{finding.verdict}">{finding.mark}</span>',
        html.escape(finding.check),
        html.escape(finding.said) + (f"<ul>{details}</ul>" if details else ""),
        f"{finding.seconds:.1f} s" if finding.seconds >= 0.05 else "",
    ]
    return f'<tr class="{finding.verdict.name.lower()}">{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _photographs(pages: Sequence[Shown], out: Path) -> list[str]:
    """A section for each language."""
    return [
        report.section(
            f"Pages in {language}", f'<div class="pages">{"".join(_shown(each, out) for each in group)}</div>'
        )
        for language, group in groupby(pages, key=lambda each: each.language)
    ]


def _shown(page: Shown, out: Path) -> str:
    images = "".join(
        f'<a href="{path.relative_to(out).as_posix()}"><img alt="{html.escape(page.name)} on a {size}" '
        f'width="{THUMBNAIL_PX[size]}" src="{_thumbnail(path, THUMBNAIL_PX[size])}"></a> '
        for size, path in page.photographs.items()
    )
    faults = "".join(f'<br><span class="fault">{html.escape(fault)}</span>' for fault in page.faults)
    return f"<figure>{images}<figcaption>{html.escape(page.name)}{faults}</figcaption></figure>"


def _thumbnail(path: Path, width_px: int) -> str:
    """A photograph small enough to be in the page, sharp on a screen of twice as many pixels."""
    from PIL import Image

    with Image.open(path) as image:
        width = min(2 * width_px, image.width)
        small = image.resize((width, round(image.height * width / image.width)))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=55, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
