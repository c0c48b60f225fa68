"""What the tables of a study file are made of: checked parts, texts in several languages, names and shares."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

Text = str | dict[str, str]
NAME_PATTERN = r"^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.-]{0,63}$"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""Letters and digits of any script: clips are called after files."""
ADDRESS_PATTERN = r"^https?://"
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=1000)]


class Part(BaseModel):
    """A table of the study file; an unknown key is a mistake. The docstrings of its keys are their reference."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def distinct(values: list[Any]) -> list[Any]:
    """The values, of which none may occur twice."""
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is named twice")
    return values


FORMER_NAMES: dict[str, str] = {}
"""Keys of study files by the names that they had, and what they are called now; see `renamed`."""


def renamed(default: Any, name: str, former: str, **limits: Any) -> Any:
    """A field of a part that study files, running studies and exports may still call by its former name."""
    FORMER_NAMES[former] = name
    return Field(default, validation_alias=AliasChoices(name, former), **limits)


def clean(text: str) -> str:
    """Free text without control characters (which neither PostgreSQL nor a CSV file takes) and surrogates."""
    kept = "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF))
    return kept.strip()
