"""The page of every key of the study file: its type, default, limits and an example (see `study.design.keys`)."""

import json

from study.design.keys import Schema, held_by, is_table, limits, parts, references, tables

__all__ = ["is_table", "page", "tables"]
TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "array": "list"}
HELD = {"string": "texts", "number": "numbers", "array": "lists", "object": "tables"}
EXAMPLE_LENGTH = 60
INTRODUCTION = """# The study file, key by key

Made from the models that check the file; [study](../study.md) says what it is for. A *text* is one string or a table of
languages, `{ en = "...", de = "..." }`. A table whose default is *none* may be left out, which leaves its step out.
"""


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
    models, is_list = references(schema)
    if models:
        default = "required" if required else ("none" if schema.get("default") in (None, []) else "each key's own")
        return f"| `{key}` | {'tables' if is_list else 'table'}, below | {default} | | |"
    default = "required" if required else _toml(schema.get("default"))
    shown = "" if example is None else _toml(example)
    text = f"{schema['description']} " if "description" in schema else ""
    return f"| `{key}` | {text}{_type(schema)} | {default} | {_escaped(limits(schema))} | {shown} |"


def _type(schema: Schema) -> str:
    found = parts(schema)
    if any(part.get("type") == "object" for part in found):
        held = [parts(value)[0].get("type", "") for value in held_by(found[0])]
        return "text" if len(found) > 1 else f"table of {HELD[held[0]]}"
    (part,) = found[:1]
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return "one of " + ", ".join(f"`{value}`" for value in part["enum"])
    return TYPES[part["type"]]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _toml(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        value = value.get("en", value)
    text = _escaped(json.dumps(value, ensure_ascii=False))
    return f"`{text if len(text) <= EXAMPLE_LENGTH else text[: EXAMPLE_LENGTH - 4] + ' ...'}`"
