"""The page of every key of the study file: its type, default, limits and an example, from the models that check it."""

import json
import tomllib
from collections.abc import Iterator
from typing import Any

TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "array": "list"}
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
    "pattern": "matches `{}`",
}
EXAMPLE_LENGTH = 60
INTRODUCTION = """# The study file, key by key

Made from the models that check the file; [study](../study.md) says what it is for. A *text* is one string or a table of
languages, `{ en = "...", de = "..." }`. A table whose default is *none* may be left out, which leaves its step out.
"""


def tables() -> Iterator[tuple[str, Schema, Schema]]:
    """Every table of the file: its name, JSON schema, and the table in the shipped file (empty without one)."""
    from study.design.definition import SHIPPED, Definition

    schema = Definition.model_json_schema()
    shipped = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    yield from _inner("", schema, schema["$defs"], shipped)


def _inner(name: str, schema: Schema, definitions: Schema, example: object) -> Iterator[tuple[str, Schema, Schema]]:
    table = example[0] if isinstance(example, list) and example else example
    table = table if isinstance(table, dict) else {}
    yield name, schema, table
    for key, value in schema["properties"].items():
        references, is_list = _tables(value)
        for reference in references:
            full = f"{name.strip('[]')}.{key}" if name else key
            full = f"[[{full}]]" if is_list else f"[{full}]"
            chosen, example = _chosen(value, reference), _example(value, reference, table.get(key, {}))
            yield from _inner(f"{full}{chosen}", definitions[reference], definitions, example)


def is_table(schema: Schema) -> bool:
    """Whether a key holds tables, which the page describes by themselves."""
    return bool(_tables(schema)[0])


def _tables(schema: Schema) -> tuple[list[str], bool]:
    """The names of the models that a key's value can be, and whether it is a list of them."""
    for part in [schema, *schema.get("anyOf", []), *schema.get("allOf", [])]:
        items = part.get("items", {})
        for found, is_list in ((part, False), (items, True)):
            references = [each["$ref"] for each in [found, *found.get("oneOf", [])] if "$ref" in each]
            if references:
                return [reference.rsplit("/", 1)[1] for reference in references], is_list
    return [], False


def _choices(schema: Schema) -> tuple[str, Schema]:
    """The key that says which of several tables an entry of a list is, and the model by its value."""
    rule = schema.get("items", {}).get("discriminator", {})
    return rule.get("propertyName", ""), rule.get("mapping", {})


def _chosen(schema: Schema, reference: str) -> str:
    key, models = _choices(schema)
    return next((f" {key} = {value}" for value, model in models.items() if model.endswith(f"/{reference}")), "")


def _example(schema: Schema, reference: str, shipped: object) -> object:
    """What the shipped file has of a table: of a list that has several kinds, the first entry of this one."""
    key, models = _choices(schema)
    if not key or not isinstance(shipped, list):
        return shipped
    return [entry for entry in shipped if models[entry[key]].endswith(f"/{reference}")]


def page() -> str:
    """The Markdown page."""
    lines = [INTRODUCTION]
    for name, schema, example in tables():
        lines += [f"## {name or 'Top of the file'}", "", " ".join(schema.get("description", "").split()), ""]
        lines += ["| key | type | default | limits | example |", "| --- | --- | --- | --- | --- |"]
        required = set(schema.get("required", []))
        lines += [_row(key, value, key in required, example.get(key)) for key, value in schema["properties"].items()]
        lines.append("")
    return "\n".join(lines).replace("``", "`")


def _row(key: str, schema: Schema, required: bool, example: object) -> str:
    references, is_list = _tables(schema)
    if references:
        default = "required" if required else ("none" if schema.get("default") in (None, []) else "each key's own")
        return f"| `{key}` | {'tables' if is_list else 'table'}, below | {default} | | |"
    default = "required" if required else _toml(schema.get("default"))
    shown = "" if example is None else _toml(example)
    text = f"{schema['description']} " if "description" in schema else ""
    return f"| `{key}` | {text}{_type(schema)} | {default} | {_limits(schema)} | {shown} |"


def _parts(schema: Schema) -> list[Schema]:
    return [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]


def _type(schema: Schema) -> str:
    parts = _parts(schema)
    if any(part.get("type") == "object" for part in parts):
        return "text" if len(parts) > 1 else "table of texts"
    (part,) = parts[:1]
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return "one of " + ", ".join(f"`{value}`" for value in part["enum"])
    return TYPES[part["type"]]


def _limits(schema: Schema) -> str:
    found = [
        text.format(str(part[key]).replace("|", "\\|"))
        for part in _parts(schema)
        for key, text in LIMITS.items()
        if key in part
    ]
    return ", ".join(found)


def _toml(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        value = value.get("en", value)
    text = json.dumps(value, ensure_ascii=False).replace("|", "\\|")
    return f"`{text if len(text) <= EXAMPLE_LENGTH else text[: EXAMPLE_LENGTH - 4] + ' ...'}`"
