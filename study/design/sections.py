"""The tables of a study file that belong to no kind of step: words, scale, order, screening, analysis, recruitment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from study.design.parts import Name, Part, Share, Text, distinct, renamed


class Descriptor(Part):
    """A word that clips are rated on; ``label`` and ``definition`` are what the participant reads."""

    name: Name
    """The word as the stimulus set and the tables name it."""
    label: Text
    """The word as participants read it."""
    definition: Text
    """What the word means, shown with every question."""
    question: Text | None = None
    """The question about it, in place of the program's own."""


class Scale(Part):
    """The rating scale; the labels of its ends may hold ``{descriptor}``."""

    low: int = Field(1, ge=0, le=1)
    """The lowest rating."""
    high: int = Field(7, ge=3, le=9)
    """The highest rating."""
    low_label: Text | None = None
    """What the lowest rating means."""
    high_label: Text | None = None
    """What the highest rating means."""


class Design(Part):
    """Order of the trials: see `study.design.order`."""

    order: Literal["blocked", "mixed"] = "blocked"
    """Trials grouped by descriptor, or descriptors shuffled."""
    block_order: Literal["fixed", "counterbalanced"] = "fixed"
    """Blocks in this file's order, or in orders of a Williams square that participants are spread over."""
    clips_per_participant: int | None = Field(None, ge=1)
    """So many of the clips for each participant, all equally often; without it, all."""
    min_listened_fraction: Share = renamed(1.0, "min_listened_fraction", "hear_share")
    """How much of a sound must have played before it can be answered."""


class Screening(Part):
    """Rules applied by the analysis, each exclusion logged: written down before the study begins."""

    attention_passed: Share = 0.8
    """Least share of attention checks answered right."""
    audible_passed: Share = 0.5
    """Least share of beep-counting checks answered right."""
    repeat_mean_difference: float = Field(2.0, gt=0)
    """Largest mean difference between a rating and its repeat, in points of a 1-to-7 scale, on others that share."""
    min_median_rt_ms: float = renamed(200.0, "min_median_rt_ms", "fastest_median_rt_ms", ge=0)
    """Least median response time, in milliseconds."""
    headphones_required: bool = False
    """Leave out who failed the headphone check."""
    max_same_rating: Share = renamed(0.95, "max_same_rating", "most_same_rating")
    """Share of equal ratings with which, or with more, somebody is left out."""
    max_missing: Share = renamed(0.5, "max_missing", "most_missing")
    """Largest share of ratings missing."""
    max_outlying: Share = renamed(0.25, "max_outlying", "most_outlying")
    """Largest share of ratings beyond 1.5 interquartile ranges of their stimulus."""


class Analysis(Part):
    """What the analysis is to test, stated before the study begins.

    ``smallest_effect`` is the smallest difference of interest, in points of the scale: the margin of the tests of
    equivalence. ``looks`` are numbers of participants who completed at which the study may stop, the last being that of
    the whole study; ``spending`` says how the 5 % of error are spent over them. ``margins`` are by the names of
    attributes: within so many points of its own scale, ``quality = 5``, an attribute counts as kept; ``unprocessed`` is
    the condition that it is kept up with. ``preregistration`` is the folder of `semantic-eq study preregister`.
    """

    smallest_effect: float | None = Field(None, gt=0)
    """The smallest difference of interest, in points of the scale: the margin of equivalence tests."""
    looks: list[Annotated[int, Field(ge=2)]] = Field(default_factory=list)
    """Numbers of completed participants at which the study may stop; the last is the planned size."""
    spending: Literal["obrien_fleming", "pocock"] = "obrien_fleming"
    """How the 5 % of error are spent over the looks."""
    margins: dict[Name, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Within so many points of its own scale an attribute counts as kept."""
    unprocessed: Name = "original"
    """The condition that attributes are to keep up with."""
    preregistration: str | None = Field(None, min_length=1)
    """Folder that `study preregister` writes and `analyse` reports every deviation from."""

    @model_validator(mode="after")
    def _looks_increase(self) -> Analysis:
        if self.looks != sorted(set(self.looks)):
            raise ValueError(f"looks are {', '.join(map(str, self.looks))}; each is above the one before")
        return self


class Recruitment(Part):
    """Who may take part, and how they come.

    ``id_signed`` takes ids only from the links that `semantic-eq study links` wrote. On a ``shared_computer`` a
    finished session is soon forgotten, and the next person may start.
    """

    cap: int | None = Field(None, ge=1)
    """How many participants may complete; without it, any number."""
    invitation: bool = False
    """Ask for an invitation code."""
    id_parameters: Annotated[list[Name], AfterValidator(distinct)] = Field(default_factory=list)
    """Parameters of the address that are stored with a session, such as PROLIFIC_PID."""
    id_parameter: Name | None = None
    """The one of them that identifies a participant."""
    id_required: bool = False
    """Refuse who comes without an id."""
    id_signed: bool = False
    """Take ids only from links that `semantic-eq study links` wrote."""
    shared_computer: bool = False
    """Forget a finished session after ten minutes, so that the next person may start."""
    abandoned_after_minutes: int = Field(60, ge=1)
    """A session without an answer for so long is counted as abandoned."""

    @model_validator(mode="after")
    def _id_parameter_is_read(self) -> Recruitment:
        if self.id_parameter and self.id_parameter not in self.id_parameters:
            raise ValueError(f"id_parameter {self.id_parameter} is not among id_parameters")
        for name in ("id_required", "id_signed"):
            if getattr(self, name) and not self.id_parameter:
                raise ValueError(f"{name} is true but no id_parameter is named")
        return self
