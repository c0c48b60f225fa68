"""A study file as a form: its tables with their keys, each with help, limits, default and what stands there now.

What a key may hold follows from the models that check the file (`study.design.keys`), so a new kind of step or way of
asking has its form as it has its reference page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from study.design.definition import Definition
from study.design.grids import Grid
from study.design.keys import Schema, limits, models_by_value, parts, references

Path = tuple[str | int, ...]
Kind = Literal["text", "words", "whole", "number", "yes", "choice", "names", "numbers", "toml", Grid]
_NUMBERS: dict[str, Kind] = {"integer": "whole", "number": "number", "boolean": "yes"}


@dataclass(frozen=True)
class Key:
    """A key and what stands there.

    Attributes
    ----------
    path
        Where it is in the file: keys, and numbers of list entries.
    kind
        ``text`` (one string or a table of languages), ``words`` (a string), ``whole``, ``number``, ``yes``, ``choice``,
        ``names`` and ``numbers`` (lists), a kind of `study.design.grids` (a small table), or ``toml`` for what is more
        than these: it is written as in the file.
    value
        As the file has it; None where it has nothing.
    """

    path: Path
    kind: Kind
    help: str
    limits: str
    default: Any
    required: bool
    value: Any
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The key's own name."""
        return str(self.path[-1])


@dataclass(frozen=True)
class Table:
    """A table of the file, or an entry of a list of tables; ``optional`` ones leave out their step where absent."""

    path: Path
    help: str
    is_there: bool
    optional: bool
    is_entry: bool
    keys: tuple[Key, ...] = field(default=())

    @property
    def title(self) -> str:
        """How it is called: ``descriptors 2: bright``."""
        names = [f"{part + 1}" if isinstance(part, int) else part for part in self.path]
        own = [str(key.value) for key in self.keys if self.is_entry and key.name in LABELS and key.value]
        return " ".join(names or ["the study"]) + (f": {own[0]}" if own else "")


LABELS = ("name", "id", "paradigm", "test")
"""Keys by which entries of lists are told apart."""


def tables(document: Mapping[str, Any]) -> list[Table]:
    """The tables of a study file, those that it leaves out among them, in the order of the reference."""
    schema = Definition.model_json_schema()
    return list(_tables((), schema, schema["$defs"], document))


def _tables(
    path: Path,
    schema: Schema,
    models: Schema,
    here: Mapping[str, Any] | None,
    defaults: Mapping[str, Any] | None = None,
    *,
    optional: bool = False,
    is_entry: bool = False,
) -> Iterator[Table]:
    help_text = " ".join(schema.get("description", "").split())
    there = here if here is not None else {}
    required = set(schema.get("required", []))
    keys = tuple(
        _key((*path, name), value | _own_default(defaults, name), name in required, there.get(name))
        for name, value in schema["properties"].items()
        if not references(value)[0]
    )
    yield Table(path, help_text, here is not None, optional, is_entry, keys if here is not None else ())
    for name, value in schema["properties"].items():
        names, is_list = references(value)
        if is_list and here is not None:
            yield from _entries((*path, name), value, models, there.get(name) or [])
        elif names and not is_list:
            inner, is_optional = there.get(name), value.get("default", ...) is None
            shown = inner if inner is not None or is_optional else {}
            own = value.get("default") if inner is None else None
            if here is not None:
                yield from _tables((*path, name), models[names[0]], models, shown, own, optional=is_optional)


def _own_default(defaults: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    """What a key is in a table that is left out, where that differs from what it is in one that is there."""
    return {"default": defaults[name]} if defaults and name in defaults else {}


def _entries(path: Path, schema: Schema, models: Schema, entries: list[Mapping[str, Any]]) -> Iterator[Table]:
    names, _ = references(schema)
    key, by_value = models_by_value(schema)
    if not entries:
        yield Table((*path, 0), " ".join(models[names[0]].get("description", "").split()), False, True, True)
    for number, entry in enumerate(entries):
        chosen = str(by_value.get(str(entry.get(key)), names[0])).rsplit("/", 1)[-1]
        yield from _tables((*path, number), models[chosen], models, entry, optional=True, is_entry=True)


def _key(path: Path, schema: Schema, required: bool, value: Any) -> Key:
    choices = tuple(str(each) for part in parts(schema) for each in part.get("enum", ()))
    const = [str(part["const"]) for part in parts(schema) if "const" in part]
    return Key(
        path,
        _kind(schema),
        schema.get("description", ""),
        limits(schema),
        schema.get("default"),
        required,
        value,
        choices or tuple(const),
    )


def _kind(schema: Schema) -> Kind:
    found = parts(schema)
    if len(found) > 1 and any(part.get("type") == "object" for part in found):
        return "text"
    part = found[0]
    if part.get("type") == "object":
        return _kind_of_values([part.get("additionalProperties"), *part.get("patternProperties", {}).values()])
    if "enum" in part or "const" in part:
        return "choice"
    return _kind_of_items(part.get("items", {})) if part["type"] == "array" else _NUMBERS.get(part["type"], "words")


def _kind_of_values(schemas: list[Any]) -> Kind:
    """Of a table with keys of the experimenter's: texts, numbers, or more than these."""
    held = [schema for schema in schemas if isinstance(schema, dict)]
    if any("anyOf" in schema for schema in held):
        return "options"
    return "amounts" if any(schema.get("type") == "number" for schema in held) else "toml"


def _kind_of_items(schema: Schema) -> Kind:
    if "anyOf" in schema:
        return "texts"
    if schema.get("type") == "array":
        return "pairs" if len(schema.get("prefixItems", ())) == 2 else "toml"
    return {"string": "names", "integer": "numbers", "number": "numbers"}.get(schema.get("type", ""), "toml")  # type: ignore[return-value]
