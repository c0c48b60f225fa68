"""What a kind of step declares; the defaults are those of a page that only shows a text."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from study.design.parts import Text
from study.design.stimuli import Stimulus
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.blocks import Block
    from study.design.columns import Column
    from study.design.definition import Definition
    from study.design.listeners import Listener
    from study.design.plan import Assignment, Plan
    from study.design.quotas import Quota

_EMPTY = dict.fromkeys(
    ("trial_kind", "block", "stimulus", "clip", "condition", "descriptor", "expected", "repeat_of"), None
)


@dataclass(frozen=True)
class Moment:
    """A step as it stands before one participant; ``since`` is when it came up."""

    plan: Plan
    session: AnyRow
    step: AnyRow
    since: float

    @property
    def definition(self) -> Definition:
        """The study file."""
        return self.plan.definition

    @property
    def block(self) -> Block:
        """The block of the study that the step belongs to."""
        return self.definition.block_of(self.step.detail)

    def text(self, text: Text | None) -> str:
        """A text of the study file in the participant's language."""
        return self.definition.text(text, self.session.language)

    def message(self, key: str, **values: Any) -> str:
        """A sentence of `study/design/messages` in the participant's language."""
        return self.definition.page_texts(self.session.language)[key].format(**values)


def screened_out(at: Moment, now: float) -> dict[str, Any]:
    """Columns of a session that ends because its participant cannot take part."""
    code = None if at.session.simulated else at.definition.completion.screened_out_code
    ended = {"state": "screened_out", "finished_at": now, "position": at.session.n_steps - 1}
    return ended | {"completion_code": code}


class Kind:
    """One kind of step.

    Attributes
    ----------
    name : in the database, in the page's JSON and of its JavaScript module.
    place : where its steps come in a session, in the order of this number; the trials stand at 100.
    key, field : its table of the study file, with pydantic's type and default; None for a kind without one.
    seconds : how long one of its steps takes, where that is the same for all.
    title : what the experimenter reads of a participant who stopped there.
    promise : the message that the start page lists where the study has such a step; nothing when empty.
    absent : what `study check` says where the study file leaves the table out; nothing when empty.
    is_trial : whether a step is one presentation: a session is completed only when all of them are answered.
    is_counted : whether the participant's page counts it among the trials (practice is not).
    is_made : whether its answer is what was made for the participant meanwhile, which the server knows.
    ends : whether nothing comes after it, so that it takes no answer.
    columns : what it adds to `responses.csv`, by the keys of its answer.
    table : columns of a file of its own, beside session, participant and trial.
    table_name : what that file is called, where not as the kind.
    shared : columns of `responses.csv` that its own file has too.
    """

    name: ClassVar[str]
    place: ClassVar[int]
    key: ClassVar[str | None] = None
    field: ClassVar[tuple[Any, Any] | None] = None
    seconds: ClassVar[float] = 0.0
    title: ClassVar[str]
    promise: ClassVar[str] = ""
    absent: ClassVar[str] = ""
    is_trial: ClassVar[bool] = False
    is_counted: ClassVar[bool] = False
    is_made: ClassVar[bool] = False
    ends: ClassVar[bool] = False
    columns: ClassVar[Mapping[str, Column]] = {}
    table: ClassVar[Mapping[str, Column]] = {}
    table_name: ClassVar[str] = ""
    shared: ClassVar[tuple[str, ...]] = ()

    def part(self, definition: Definition) -> Any:
        """Its table in a study file."""
        return getattr(definition, self.key) if self.key else None

    def missing(self, plan: Plan) -> list[str]:
        """What it needs of the stimulus set and does not find there, each in a few words."""
        return []

    def steps(self, plan: Plan, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        """Its steps in one participant's session: rows made by `step`."""
        return [self.step()] if self.key and self.part(plan.definition) else []

    def step(self, **members: Any) -> dict[str, Any]:
        """A row of the table ``step`` without its session and place, and how many ``seconds`` it takes."""
        return _EMPTY | {"kind": self.name, "seconds": self.seconds, "trial_number": 0, "detail": {}} | members

    def sounds(self, step: Any) -> list[str]:
        """Stimuli that a step plays, in order."""
        return [step.stimulus] if step.stimulus else []

    def n_optional(self, step: AnyRow) -> int:
        """How many of its last sounds need not be heard."""
        return 0

    def min_listened_fraction(self, definition: Definition, step: AnyRow) -> float | None:
        """The share of each sound that must be heard before an answer; None where they need not even be fetched."""
        return 0.0

    def show(self, at: Moment) -> dict[str, Any]:
        """What the page gets of a step beside what all steps have; nothing that reveals what a sound is.

        Texts are Markdown under ``text``.
        """
        return {"text": at.text(self.part(at.definition).text)}

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        """The answer as it is stored: ``rating`` has a column, everything else stays together.

        Nothing is stored that was not asked for.

        Raises
        ------
        Refusal
            ``invalid``, with what is wrong.
        """
        return {}

    def wait_s(self, at: Moment) -> float:
        """Seconds until an answer is taken."""
        return 0.0

    def quotas(self, definition: Definition) -> Sequence[Quota]:
        """Quotas that its answers may fill, each for participants whose answers are of one kind."""
        return ()

    def counted(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """What quotas look at of an answer."""
        return answer

    def after(self, at: Moment, kept: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Columns of the session that an answer changes, ``position`` where the next step is another one."""
        return {}

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        """A simulated listener's answer; ``heard`` is what each of the sounds is, None where that is not known."""
        return {}

    def session_columns(self, definition: Definition) -> dict[str, Column]:
        """What it adds to `sessions.csv`."""
        return {}

    def session_cells(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The cells of `session_columns` for an answer."""
        return {}

    def responses(self, step: Mapping[str, Any], answer: Mapping[str, Any], block: Block) -> list[dict[str, Any]]:
        """The rows of `responses.csv` for a step and its answer: cells that differ from those that a step's rows share.

        ``sound`` is the number of the sound that a row is about, where the step has several.
        """
        return []

    def rows(
        self, step: Mapping[str, Any], answer: Mapping[str, Any], measured: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """The rows of its own ``table`` for a step, its answer, and what the player measured beside it."""
        return []
