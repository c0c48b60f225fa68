"""One result: its file name, what it shows, and the numbers."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Attributes
    ----------
    name
        Of its files.
    caption
        What it shows, one sentence.
    data
        The numbers, unrounded.
    """

    name: str
    caption: str
    data: pd.DataFrame
