"""What was asked, as participants read it: every question with its scale and labels, in every language, as a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from study.design.definition import Definition
from study.design.parts import Text
from study.design.questions import Question
from study.design.sections import Descriptor

if TYPE_CHECKING:
    from study.kinds.base import Moment


@dataclass(frozen=True)
class _Reader:
    """What a question needs of a `Moment` to be shown: texts in one language."""

    definition: Definition
    language: str

    def text(self, text: Text | None) -> str:
        return self.definition.text(text, self.language)

    def message(self, key: str, **values: Any) -> str:
        return self.definition.page_texts(self.language)[key].format(**values)


def as_markdown(definition: Definition) -> str:
    """The questions about sounds, then those of the questionnaire."""
    languages = ", ".join(f"`{language}`" for language in definition.languages)
    parts = [f"# What was asked\n\nLanguages of the page: {languages}."]
    for number, block in enumerate(definition.effective_blocks, start=1):
        words = [word for word in definition.descriptors if word.name in (block.descriptors or [word.name])]
        for question in block.questions:
            asked = words if "{descriptor}" in str(question.text) or question.name == "descriptor" else words[:1]
            heading = f"## Block {number} ({block.paradigm}): `{question.name}`, {_answers(question)}"
            rows = _rows(definition, question, asked)
            parts.append(_table(heading, ("language", "descriptor", "question", "labels"), rows))
    if definition.questionnaire and definition.questionnaire.questions:
        header = ("column", "type", "language", "question", "options")
        parts.append(_table("## Questionnaire", header, _questionnaire(definition)))
    return "\n\n".join(parts) + "\n"


def _answers(question: Question) -> str:
    """A question's type and scale."""
    if question.is_number:
        return f"{question.type} from {question.low} to {question.high}"  # type: ignore[union-attr]
    return question.type


def _rows(definition: Definition, question: Question, words: list[Descriptor]) -> Iterator[tuple[str, ...]]:
    for word in words:
        for language in definition.languages:
            shown = question.show(cast("Moment", _Reader(definition, language)), word)
            labels = shown.get("labels") or {option["value"]: option["label"] for option in shown.get("options", [])}
            named = "; ".join(f"{value} = {label}" for value, label in labels.items())
            yield language, word.name, shown["text"], named


def _questionnaire(definition: Definition) -> Iterator[tuple[str, ...]]:
    for question in definition.questionnaire.questions:
        for language in definition.languages:
            texts = {value: definition.text(label, language) for value, label in question.options.items()}
            named = "; ".join(f"{value} = {label}" for value, label in texts.items())
            yield f"`question_{question.id}`", question.type, language, definition.text(question.label, language), named


def _table(heading: str, header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    lines += [f"| {' | '.join(' '.join(cell.replace('|', '/').split()) for cell in row)} |" for row in rows]
    return f"{heading}\n\n" + "\n".join(lines)
