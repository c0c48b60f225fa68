"""Change single values of a study file's text; its comments, its order and all else stay as they are."""

from __future__ import annotations

import tomllib
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from study.design.definition import SHIPPED

Path = tuple[str | int, ...]


def parse(text: str) -> dict[str, Any]:
    """The tables of a study file's text.

    Raises
    ------
    ValueError
        When it is not TOML, with the place.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"This is not TOML: {error}.") from None


def set_value(text: str, path: Path, value: Any) -> str:
    """Put a value at a place, making the tables that lead there; None takes the key away.

    Parameters
    ----------
    text : str
        Of the study file.
    path : tuple
        Keys and numbers of list entries; the last one is the key.
    value : Any
        What TOML can hold.
    """
    document = _document(text)
    *above, key = path
    table = _down(document, above)
    if value is None:
        table.pop(key, None) if isinstance(key, str) else table.pop(key)
    else:
        table[key] = _item(value)
    return tomlkit.dumps(document)


def set_text(text: str, path: Path, language: str, words: str) -> str:
    """Put a text in one language at a place; one that has no other language stays a plain string."""
    languages = parse(text).get("languages") or ["en"]
    there = at(parse(text), path)
    if not isinstance(there, dict) and languages == [language]:
        return set_value(text, path, words or None)
    texts = dict(there) if isinstance(there, dict) else ({languages[0]: there} if there else {})
    texts = {name: each for name, each in (texts | {language: words}).items() if each}
    if not isinstance(there, dict) or not texts:
        return set_value(text, path, texts or None)
    return set_value(text, (*path, language), words or None)


def add_table(text: str, name: str) -> str:
    """Add a table that the file leaves out, as the shipped study has it; for a list of tables, its first entry."""
    shipped: Any = tomlkit.parse(SHIPPED.read_text(encoding="utf-8"))
    document = _document(text)
    document[name] = shipped[name] if name in shipped else tomlkit.table()
    return tomlkit.dumps(document)


def add_first(text: str, path: Path) -> str:
    """Give a list of tables its first entry, at ``path``: the first of the shipped study, else one without keys."""
    *above, name, _ = path
    shipped: Any = at(tomlkit.parse(SHIPPED.read_text(encoding="utf-8")), (*above, name))
    document = _document(text)
    entries = tomlkit.aot()
    entries.append(shipped[0] if shipped else tomlkit.table())
    _down(document, above)[name] = entries
    return tomlkit.dumps(document)


def add_entry(text: str, path: Path, name_key: str | None) -> str:
    """Add an entry to a list of tables: a copy of its last one, under a name of its own."""
    entry = dict(at(parse(text), path)[-1])
    if name_key:
        taken = {each.get(name_key) for each in at(parse(text), path)}
        number = 2
        while f"{entry[name_key]}_{number}" in taken:
            number += 1
        entry[name_key] = f"{entry[name_key]}_{number}"
    document = _document(text)
    _down(document, path).append(_item(entry))
    return tomlkit.dumps(document)


def value_of(words: str) -> Any:
    """A value written as in the file, such as ``[8, 12]`` or ``{quality = 5}``; None for nothing."""
    if not words.strip():
        return None
    try:
        return tomllib.loads(f"value = {words.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        raise ValueError(
            f"{words.strip()[:60]!r} is not a value as TOML writes it, such as [8, 12] or {{a = 5}}."
        ) from None


def written(value: Any) -> str:
    """A value as the file writes it, on one line."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{tomlkit.key(k).as_string()} = {written(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(tomlkit.item(value).as_string())


def _document(text: str) -> Any:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise ValueError(f"This is not TOML: {error}.") from None


def _down(document: Any, path: Path | list[str | int]) -> Any:
    table = document
    for part in path:
        if isinstance(part, str) and part not in table:
            table[part] = tomlkit.table()
        table = table[part]
    return table


def at(document: Any, path: Path) -> Any:
    """What stands at a place of a parsed file; None for nothing."""
    for part in path:
        if isinstance(part, int):
            document = document[part]
        else:
            document = document.get(part) if isinstance(document, dict) else None
    return document


def _item(value: Any) -> Any:
    if isinstance(value, str) and "\n" in value:
        return tomlkit.string(
            f"\n{value.strip()}\n", multiline=True
        )  # TOML does not count the newline at its beginning
    if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
        table: Any = tomlkit.inline_table()
        if any("\n" in each for each in value.values()):
            table = tomlkit.table()
        for name, each in value.items():
            table[name] = _item(each)
        return table
    if isinstance(value, list) and value and all(isinstance(each, dict | list) for each in value):
        array = tomlkit.array().multiline(True)
        for each in value:
            array.append(_inline(each))
        return array
    return tomlkit.item(value)


def _inline(value: Any) -> Any:
    """An entry of a list on one line; a line break in a text is escaped."""
    if not isinstance(value, dict):
        return tomlkit.item(value)
    table = tomlkit.inline_table()
    table.update(value)
    return table
