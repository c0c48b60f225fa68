"""The texts of a study in each of its languages."""

from __future__ import annotations

from app.rehearsal.findings import Finding, Verdict, counted
from study.design import form
from study.design.definition import Definition
from study.design.describe import absent_texts

TEXTS = "Texts"


def translations(definition: Definition) -> Finding:
    """Find what a participant would read in another language than the one that was chosen."""
    languages = ", ".join(definition.languages)
    if absent := absent_texts(definition):
        return Finding(TEXTS, Verdict.FAILED, "translations are missing", tuple(f"Missing: {each}." for each in absent))
    if same := untold(definition):
        said = f"{counted(len(same), 'text')} will be read as written in all of {languages}, having no language"
        return Finding(TEXTS, Verdict.NOTED, said, tuple(same))
    return Finding(TEXTS, Verdict.PASSED, f"all there in {languages}")


def untold(definition: Definition) -> list[str]:
    """Give the places of plain strings where a study of several languages could have a text for each."""
    if len(definition.languages) == 1:
        return []
    keys = [key for table in form.tables(definition.model_dump(mode="json")) for key in table.keys]
    return [
        ".".join(map(str, key.path)) for key in keys if key.kind == "text" and isinstance(key.value, str) and key.value
    ]
