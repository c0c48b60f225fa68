"""Read a file that a person wrote as TOML or JSON, by whatever editor: a byte order mark is no part of it."""

import json
import tomllib
from pathlib import Path
from typing import Any


def read(path: Path) -> Any:
    """Give the content of a file, JSON where its name ends so and TOML otherwise.

    Raises
    ------
    ValueError
        One sentence that names the file and the place that cannot be read.
    FileNotFoundError
        There is no such file.
    """
    kind = "JSON" if path.suffix == ".json" else "TOML"
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text) if kind == "JSON" else tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path} is not text in UTF-8 (line {line}); save it as UTF-8.") from None
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a {kind} file: {error}.") from None
