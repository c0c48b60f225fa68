"""From ratings to files: compute every table, draw every figure, write the report."""

from pathlib import Path

from analysis import figures, report
from analysis.anova import anova, anova_by_descriptor
from analysis.cells import cells
from analysis.descriptives import by_clip, descriptives, means
from analysis.posthoc import COLUMNS, friedman, posthoc
from analysis.ratings import Ratings
from analysis.tables import Table


def analyse(ratings: Ratings, out: str | Path) -> list[Table]:
    """Analyse ratings and write tables, figures and `report.html` into a folder.

    Parameters
    ----------
    ratings
        Checked ratings, `analysis.ratings.from_table`.
    out
        Folder, made where it is not there.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    tables = compute(ratings)
    for table in tables:
        table.write(out, ratings.simulated)
    by_name = {table.name: table for table in tables}
    figure = figures.means_figure(by_name["descriptives"].data, ratings.scale)
    svg = figures.write(figure, out, "means", ratings.simulated)
    n = len(ratings.levels("participant"))
    answer = [f"{n} participants gave {int(ratings.main['rating'].notna().sum())} ratings."]
    page = report.page(
        "Results of the listening study",
        answer,
        ratings.simulated,
        [
            report.section(
                "Means", report.figure(svg, "Means with within-subject 95 % CIs."), report.table(by_name["means"])
            ),
            report.section(
                "Analysis of variance", report.table(by_name["anova"]), report.table(by_name["anova_by_descriptor"])
            ),
            report.section("Pairs of conditions", report.table(by_name["posthoc"])),
        ],
    )
    (out / "report.html").write_text(page, encoding="utf-8")
    return tables


def compute(ratings: Ratings) -> list[Table]:
    """Compute every table."""
    grid = cells(ratings)
    pairs = posthoc(grid)
    return [
        Table(
            "means", "Ratings by descriptor and condition: participant means and between-subject 95 % CIs.", means(grid)
        ),
        Table("descriptives", "Ratings with both kinds of 95 % CI.", descriptives(grid)),
        Table("means_by_clip", "Ratings by descriptor, condition and clip.", by_clip(ratings)),
        Table("anova", "Repeated-measures ANOVA on participant means.", anova(grid)),
        Table("anova_by_descriptor", "Repeated-measures ANOVA within each descriptor.", anova_by_descriptor(grid)),
        Table("posthoc", "Pairs of conditions within each descriptor, p adjusted after Holm.", pairs[COLUMNS]),
        Table("friedman", "Friedman's test within each descriptor.", friedman(grid)),
    ]
