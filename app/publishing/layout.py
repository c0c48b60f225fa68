"""Where the parts of a package lie, in the names that Psych-DS wants."""

from __future__ import annotations

from pathlib import Path

DESCRIPTION = "dataset_description.json"
STUDY_FILE = "materials/study.json"
MANIFEST = "materials/stimuli/manifest.json"


def data_file(study: int, table: str) -> str:
    """Where a table lies, in the names that the standard wants: keyword-value pairs, then ``_data``.

    Examples
    --------
    >>> data_file(1, "responses")
    'data/study-1_description-responses_data.csv'
    """
    return f"data/study-{study}_description-{table}_data.csv"


def places(folder: Path) -> dict[str, Path]:
    """Where the files of an export lie in a folder: side by side, or as in a package."""
    if not (folder / DESCRIPTION).is_file():
        return {path.name: path for path in folder.glob("*.*")}
    tables = folder.glob("data/study-*_description-*_data.csv")
    found = {f"{path.stem.split('_')[1].removeprefix('description-')}.csv": path for path in tables}
    return found | {Path(place).name: folder / place for place in (STUDY_FILE, MANIFEST)}
