"""What the page may ask of the server, and within which limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.equalising import BY_REFERENCE
from app.playground.own_word import MOST_JUDGEMENTS
from model import CONDITIONS

PERSONAL = ("personal", "everybody")
Token = Annotated[str, Field(max_length=64)]
Descriptor = Annotated[str, Field(pattern=r"^[\w -]{1,64}$")]
Descriptors = dict[Descriptor, Annotated[float, Field(ge=0, le=1)]]
Setting = Annotated[list[float], Field(min_length=13, max_length=13)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class BuiltIn(_Asked):
    """The name of a built-in clip."""

    name: str = Field(max_length=64)


class Wanted(_Asked):
    """For which clip, towards which descriptors (and in what shares) an EQ is wanted."""

    clip: Token
    descriptors: Descriptors = Field(min_length=1, max_length=4)


class Towards(_Asked):
    """A clip, and the one that it is to sound like."""

    clip: Token
    reference: Token


class Judgement(_Asked):
    """How much a setting is what the listener means: -1 (the contrary) to 1 (exactly so)."""

    parameters: Setting
    rating: float = Field(ge=-1, le=1)


class Word(_Asked):
    """A word, and all judgements of it so far."""

    descriptor: Descriptor
    judgements: list[Judgement] = Field(max_length=MOST_JUDGEMENTS)


class Download(_Asked):
    """What is to be downloaded, of one condition at one intensity.

    Where more than words decides the setting, the 13 parameters that were heard are handed in, and ``reference`` or
    ``descriptors`` say what for.
    """

    clip: Token
    descriptors: Descriptors = Field({}, max_length=4)
    reference: str = Field("", max_length=200, pattern=r"^\P{Cc}*$")
    """What the listener's other file is called."""
    parameters: Setting | None = None
    condition: str = Field(pattern=f"^({'|'.join((*CONDITIONS, *BY_REFERENCE, *PERSONAL))})$")
    intensity: float = Field(ge=0, le=1, multiple_of=0.05)
    format: Literal["flac", "json", "csv", "preset"]
    name: str = Field("", max_length=200)
    """What the listener's file is called."""

    @model_validator(mode="after")
    def _decided(self) -> Download:
        if self.parameters is None and (not self.descriptors or self.condition not in CONDITIONS):
            raise ValueError("parameters are needed, or descriptors and one of the conditions towards words")
        return self
