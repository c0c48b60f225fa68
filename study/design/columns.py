"""What a column of an exported table says of itself."""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """Type as pandas names it, and what the values mean."""

    dtype: str
    meaning: str
