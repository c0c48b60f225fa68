"""Every key that a study file has, as data: from the models that check it, for its reference page and for forms."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from study.design.definition import SHIPPED, Definition
from study.design.parts import NAME_PATTERN

Schema = dict[str, Any]
LIMITS = {
    "minimum": "{} or more",
    "maximum": "{} or less",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters or less",
    "minItems": "{} entries or more",
    "maxItems": "{} entries or less",
    "minProperties": "{} entries or more",
    "pattern": "matches `{}`",
}
NAME_LIMIT = "1 to 64 letters, digits, `_`, `.` and `-`, the first a letter or digit"


def tables() -> Iterator[tuple[str, Schema, Schema]]:
    """Every table of the file: its name, JSON schema, and the table in the shipped file (empty without one)."""
    schema = Definition.model_json_schema()
    shipped = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    yield from _inner("", schema, schema["$defs"], shipped)


def _inner(name: str, schema: Schema, definitions: Schema, example: object) -> Iterator[tuple[str, Schema, Schema]]:
    table = example[0] if isinstance(example, list) and example else example
    table = table if isinstance(table, dict) else {}
    yield name, schema, table
    for key, value in schema["properties"].items():
        models, is_list = references(value)
        for reference in models:
            full = f"{name.strip('[]')}.{key}" if name else key
            full = f"[[{full}]]" if is_list else f"[{full}]"
            chosen, shown = _chosen(value, reference), _example(value, reference, table.get(key, {}))
            yield from _inner(f"{full}{chosen}", definitions[reference], definitions, shown)


def is_table(schema: Schema) -> bool:
    """Whether a key holds tables, which the page describes by themselves."""
    return bool(references(schema)[0])


def references(schema: Schema) -> tuple[list[str], bool]:
    """The names of the models that a key's value can be, and whether it is a list of them."""
    for part in [schema, *schema.get("anyOf", []), *schema.get("allOf", [])]:
        items = part.get("items", {})
        for found, is_list in ((part, False), (items, True)):
            names = [each["$ref"] for each in [found, *found.get("oneOf", [])] if "$ref" in each]
            if names:
                return [name.rsplit("/", 1)[1] for name in names], is_list
    return [], False


def models_by_value(schema: Schema) -> tuple[str, Schema]:
    """The key that says which of several tables an entry of a list is, and the model by its value."""
    rule = schema.get("items", {}).get("discriminator", {})
    return rule.get("propertyName", ""), rule.get("mapping", {})


def _chosen(schema: Schema, reference: str) -> str:
    key, models = models_by_value(schema)
    return next((f" {key} = {value}" for value, model in models.items() if model.endswith(f"/{reference}")), "")


def _example(schema: Schema, reference: str, shipped: object) -> object:
    """What the shipped file has of a table: of a list that has several kinds, the first entry of this one."""
    key, models = models_by_value(schema)
    if not key or not isinstance(shipped, list):
        return shipped
    return [entry for entry in shipped if models[entry[key]].endswith(f"/{reference}")]


def parts(schema: Schema) -> list[Schema]:
    """What a key's value may be, without `null`."""
    return [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]


def limits(schema: Schema) -> str:
    """A key's limits in words, those of what it holds included."""
    found = []
    for part in parts(schema):
        found += [_limit(key, part[key]) for key in LIMITS if key in part]
        found += [f"each {inner}" for held in held_by(part) if (inner := limits(held))]
    return ", ".join(found)


def held_by(schema: Schema) -> list[Schema]:
    """The entries of a list, or the values of a table, that a key holds."""
    held = [schema.get("items"), schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    return [each for each in held if isinstance(each, dict)]


def _limit(key: str, value: object) -> str:
    if value == NAME_PATTERN:
        return NAME_LIMIT
    return LIMITS[key].format(value).replace("1 entries", "1 entry").replace("1 characters", "1 character")
