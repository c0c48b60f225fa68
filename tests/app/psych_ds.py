"""The rules of Psych-DS whose breach is an error, from its schema 1.5.1 and its page "Rules and Conventions".

Its own validator could not be installed from a package registry; what it calls an error is here by the same name.
https://psychds-docs.readthedocs.io, https://github.com/psych-ds/psych-DS/tree/master/schema_model
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

DATA_FILE = re.compile(r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.(csv|tsv)")
REQUIRED = ("name", "description", "variableMeasured")
CONTEXTS = {"https://schema.org", "https://schema.org/", "http://schema.org", "http://schema.org/"}


def errors(folder: Path) -> list[str]:
    """The names of the rules that a folder breaks."""
    path = folder / "dataset_description.json"
    if not path.is_file():
        return ["MISSING_DATASET_DESCRIPTION"]
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return ["JSON_ENCODING_ERROR"]
    except ValueError:
        return ["INVALID_JSON_FORMATTING"]
    return sorted({*_of_description(described), *_of_data(folder, described)})


def _of_description(described: dict) -> Iterator[str]:
    if described.get("@context") not in CONTEXTS or any(not described.get(key) for key in REQUIRED):
        yield "JSON_KEY_REQUIRED"
    if "@type" not in described and "type" not in described:
        yield "MISSING_DATASET_TYPE"
    elif described.get("@type", described.get("type")) not in ("Dataset", "https://schema.org/Dataset"):
        yield "INCORRECT_DATASET_TYPE"


def _of_data(folder: Path, described: dict) -> Iterator[str]:
    if not (folder / "data").is_dir():
        yield "MISSING_DATA_DIRECTORY"
        return
    files = [path for path in (folder / "data").rglob("*") if path.suffix in (".csv", ".tsv")]
    named = [path for path in files if DATA_FILE.fullmatch(path.name)]
    if not named:
        yield "MISSING_DATAFILE"
    if len(named) < len(files):
        yield "FILENAME_KEYWORD_FORMATTING_ERROR"
    measured = names(described)
    seen: set[str] = set()
    for path in named:
        header, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines(keepends=True))
        seen |= set(header)
        beside = path.with_suffix(".json")
        own = names(json.loads(beside.read_text(encoding="utf-8"))) if beside.is_file() else measured
        if not header or not all(header):
            yield "CSV_HEADER_MISSING"
        if len(set(header)) < len(header):
            yield "CSV_HEADER_REPEATED"
        if any(len(row) != len(header) for row in rows):
            yield "CSV_HEADER_LENGTH_MISMATCH"
        if set(header) - own or set(header) - measured:
            yield "CSV_COLUMN_MISSING_FROM_METADATA"
        if own - set(header) and beside.is_file():
            yield "VARIABLE_MISSING_FROM_CSV_COLUMNS"
    if measured - seen:
        yield "VARIABLE_MISSING_FROM_CSV_COLUMNS"


def names(described: dict) -> set[str]:
    """The variables that a description names, as strings or as PropertyValue."""
    return {each if isinstance(each, str) else each["name"] for each in described.get("variableMeasured", [])}
