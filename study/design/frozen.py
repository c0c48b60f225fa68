"""What a study was created with, and whether a study file still says the same.

A study file leaves most keys to the program. What it leaves out means what it meant when the study was created, so a
version of the program with a new key, another default or another name for a key changes no study that runs; what the
file itself says counts.
"""

from __future__ import annotations

import difflib
import json
from typing import Any

from study.design import definition as study_file
from study.design.definition import Definition
from study.storage.models import AnyRow

NAME = "the study in the database"


def stated(definition: Definition) -> str:
    """What a study file itself says, without what it leaves to the program, as JSON text in the file's order."""
    return json.dumps(_stated(definition), ensure_ascii=False, indent=1)


def definition_of(row: AnyRow) -> Definition:
    """The definition that a study was created with, as this program reads it.

    Raises
    ------
    ValueError
        When this program does not know what the study was created with: it is older than the one that created it.
    """
    created, said = _read(row)
    return _as_created(said, created, said)


def changes(row: AnyRow, file: Definition) -> tuple[Definition, list[str]]:
    """The definition to go on with, and the lines in which the study file differs from the one it was created with.

    The definition is in the file's order. Studies of the first version did not keep what their file left out: there,
    all counts as said.
    """
    created, said = _read(row)
    found = _as_created(file, created, said)
    return found, differences(created.canonical(), found.canonical())


def _read(row: AnyRow) -> tuple[Definition, Definition]:
    """The definition that it was created with, and what the study file itself said of it."""
    try:
        created, said = (
            study_file.parse(json.loads(text), NAME) for text in (row.definition, row.stated or row.definition)
        )
    except ValueError as error:
        version = row.versions.get("semantic-eq", "unknown")
        raise ValueError(
            f"{str(error).rstrip('.')}; version {version} of semantic-eq created it: use that one."
        ) from None
    return created, said


def _as_created(file: Definition, created: Definition, said: Definition) -> Definition:
    """A study file in which what it does not say, nor did say, is as it was when the study was created."""
    trees = file.model_dump(mode="json"), _stated(file), created.model_dump(mode="json"), _stated(said)
    return study_file.parse(_merged(*trees), NAME)


def _stated(definition: Definition) -> dict[str, Any]:
    return definition.model_dump(mode="json", exclude_unset=True)


def _merged(now: Any, said_now: Any, created: Any, said_then: Any) -> Any:
    """The value ``now`` in the file, where what neither file says is taken from when the study was created."""
    trees = (now, said_now, created, said_then)
    if all(isinstance(tree, dict) for tree in trees):
        return {
            key: created[key]
            if key in created and key not in said_now and key not in said_then
            else _merged(value, *(tree.get(key) for tree in trees[1:]))
            for key, value in now.items()
        }
    if all(isinstance(tree, list) for tree in trees) and len({len(tree) for tree in trees}) == 1:
        return [_merged(*values) for values in zip(*trees, strict=True)]
    return now


def differences(before: str, after: str) -> list[str]:
    """Changed lines, those of ``before`` marked with -, those of ``after`` with +."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:2] not in ("--", "++", "@@")]
