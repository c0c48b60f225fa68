"""Tables as files: CSV with full precision for programs, Markdown and LaTeX rounded as a paper prints them."""

from pathlib import Path

from analysis.statistics.table import Table
from analysis.writing.latex import to_latex
from analysis.writing.tables import MOST_ROWS, to_markdown


def write_table(table: Table, folder: Path, simulated: bool) -> None:
    """Write `<name>.csv`, `.md` and `.tex`; the latter two say SIMULATED where the participants are."""
    mark = "SIMULATED participants. " if simulated else ""
    table.data.to_csv(folder / f"{table.name}.csv", index=False, lineterminator="\n")
    printed, rest = table.data.head(MOST_ROWS), table.data.shape[0] - MOST_ROWS
    mark += f"The first {MOST_ROWS} rows; {rest:,} more are in {table.name}.csv. " if rest > 0 else ""
    markdown = f"{mark}{table.caption}\n\n{to_markdown(printed)}"
    (folder / f"{table.name}.md").write_text(markdown, encoding="utf-8")
    tex = to_latex(printed, mark + table.caption, table.name)
    (folder / f"{table.name}.tex").write_text(tex, encoding="utf-8")
