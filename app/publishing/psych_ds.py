"""The layout of Psych-DS (https://psych-ds.github.io, schema 1.5): where files lie, and what describes them.

Every column of every file in ``data`` is in ``variableMeasured``, and every name there is a column of some file; a file
of the same name with ``.json`` says what the columns mean in that one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from study.design.columns import Column
from study.design.questions import ContinuousQuestion, ScaleQuestion
from study.records.publication import Publication

SCHEMA_VERSION = "Psych-DS 1.5.1"
UNITS = {
    "_ms": "ms",
    "_s": "s",
    "_db": "dB",
    "_hz": "Hz",
    "_mb": "MB",
    "minutes": "min",
    "lufs": "LUFS",
    "dbtp": "dBTP",
}
IGNORED = "SHA256SUMS\n"
TYPES = {
    "string": "text",
    "Int64": "whole number",
    "Float64": "number",
    "bool": "true or false",
    "boolean": "true or false",
}


def description(publication: Publication, about: Mapping[str, Any]) -> str:
    """`dataset_description.json`: what the whole is, and every column.

    Parameters
    ----------
    about : mapping
        Members of schema.org's Dataset that are known: name, description, author, license ...
    """
    columns: dict[str, dict[str, Any]] = {}
    for own in publication.columns.values():
        for name, column in own.items():
            columns.setdefault(name, variable(name, column, publication))
    content = {"@context": "https://schema.org/", "@type": "Dataset", "schemaVersion": SCHEMA_VERSION} | dict(about)
    return _json(content | {"variableMeasured": list(columns.values())})


def sidecar(table: str, publication: Publication) -> str:
    """What the columns of one file mean."""
    variables = [variable(name, column, publication) for name, column in publication.columns[table].items()]
    return _json({"@context": "https://schema.org/", "@type": "Dataset", "variableMeasured": variables})


def variable(name: str, column: Column, publication: Publication) -> dict[str, Any]:
    """One column as schema.org's PropertyValue."""
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), None)
    found = {"@type": "PropertyValue", "name": name, "description": f"{column.meaning} ({TYPES[column.dtype]})"}
    return found | ({"unitText": unit} if unit else {}) | (_scale(publication) if name == "rating" else {})


RATED = (ScaleQuestion, ContinuousQuestion)


def _scale(publication: Publication) -> dict[str, int]:
    """The lowest and the highest rating that any question takes."""
    asked = [question for block in publication.definition.effective_blocks for question in block.questions]
    ends = [(question.low, question.high) for question in asked if isinstance(question, RATED)]
    return {"minValue": min(low for low, _ in ends), "maxValue": max(high for _, high in ends)} if ends else {}


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
