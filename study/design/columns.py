"""What a column of an exported table says of itself."""

from __future__ import annotations

from typing import NamedTuple

# Why a publication leaves a column out.
FREE_TEXT = "text in a participant's own words"
NAME = "name of a session"
TIME = "time of day"
DEVICE = "detail that tells one device from others"


class Column(NamedTuple):
    """Type as pandas names it, what the values mean, and why a publication leaves it out, where it does."""

    dtype: str
    meaning: str
    private: str = ""
