"""One page, self-contained, that opens with the answer."""

import html
from pathlib import Path

from analysis.tables import Table, heading, shown

_CSS = Path(__file__).with_name("report.css").read_text(encoding="utf-8")


def page(title: str, answer: list[str], simulated: bool, sections: list[str]) -> str:
    """Put the page together: title, the answer's sentences, then sections of HTML."""
    banner = (
        '<p class="simulated" role="note">SIMULATED participants: these numbers say nothing about people.</p>'
        if simulated
        else ""
    )
    sentences = " ".join(html.escape(sentence) for sentence in answer)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{'SIMULATED: ' if simulated else ''}{html.escape(title)}</title><style>{_CSS}</style></head>\n"
        f'<body><main><h1>{html.escape(title)}</h1>{banner}<p class="answer">{sentences}</p>\n'
        + "\n".join(sections)
        + "\n</main></body></html>\n"
    )


def section(title: str, *parts: str) -> str:
    """Give one section with its heading."""
    return f"<section><h2>{html.escape(title)}</h2>\n" + "\n".join(parts) + "</section>"


def paragraph(text: str) -> str:
    """Give one paragraph of plain text."""
    return f"<p>{html.escape(text)}</p>"


def figure(svg: str, caption: str) -> str:
    """Set an SVG into the page."""
    svg = svg[svg.index("<svg") :].replace(
        "<svg ", f'<svg role="img" aria-label="{html.escape(caption, quote=True)}" ', 1
    )
    return f"<figure>{svg}<figcaption>{html.escape(caption)}</figcaption></figure>"


def table(source: Table, folded: bool = False) -> str:
    """Give a table, rounded, with a link to its full precision; folded away where it is long."""
    data = source.data
    numeric = [data[name].dtype.kind in "iuf" for name in data.columns]
    classes = [' class="number"' if is_number else "" for is_number in numeric]
    head = "".join(
        f'<th scope="col"{c}>{html.escape(heading(name))}</th>' for name, c in zip(data.columns, classes, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{c}>{html.escape(value)}</td>" for value, c in zip(row, classes, strict=True)) + "</tr>"
        for row in shown(data).to_numpy().tolist()
    )
    caption = f'{html.escape(source.caption)} <a href="{source.name}.csv">{source.name}.csv</a>'
    inside = f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    markup = f'<div class="wide"><table>{inside}</table></div>'
    return f"<details><summary>{html.escape(source.caption)}</summary>{markup}</details>" if folded else markup
