"""Medians of continuous scales, in sentences."""

from analysis.numbers import number
from analysis.statistics.results import Results

CAPTION = "Medians over listeners and clips; thick: 95% interval (listeners drawn anew); thin: quartiles."


def methods_text(results: Results) -> str:
    """Say how medians were taken, where they were."""
    if "medians" not in results.tables:
        return ""
    return (
        "Medians are over listeners and clips, with 95% intervals from drawing whole listeners anew (bootstrap "
        "percentiles); those of single clips have the exact interval between two ordered ratings."
    )


def results_text(results: Results) -> str:
    """Give the medians, where there are any."""
    if "medians" not in results.tables:
        return ""
    parts = [
        f"{row.descriptor}, {row.condition}: {number(row.median, 0)} "
        f"[{number(row.ci_low, 0)}, {number(row.ci_high, 0)}], quartiles {number(row.q1, 0)} and {number(row.q3, 0)}"
        for row in results["medians"].itertuples()
        if row.n
    ]
    return f"Medians with 95% intervals: {'; '.join(parts)}."
