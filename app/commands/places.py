"""Options that commands share, and where they find the study's database and a stimulus set."""

from pathlib import Path
from typing import Annotated

import typer

SETS = Path("data/stimuli")
DATABASE_URL = "sqlite:///data/study.sqlite"
DatabaseUrl = Annotated[
    str, typer.Option(envvar="SEMANTIC_EQ_DATABASE_URL", help="SQLite file or PostgreSQL server of the study.")
]
Set = Annotated[
    str | None,
    typer.Option(
        "--set", help="Stimulus set: a name under data/stimuli, or a folder; default: the one the study names."
    ),
]

StudyNumber = Annotated[int | None, typer.Option(help="Number of a study in the database; default: the latest.")]
OldStudyNumber = Annotated[int | None, typer.Option("--study", hidden=True)]  # the option's name up to 0.1
Simulated = Annotated[bool, typer.Option(help="The simulated participants instead of the real ones.")]


def set_folder(name: str) -> Path:
    """Folder of a set: under data/stimuli where a set of that name is there, else the folder of that name."""
    kept = SETS / name
    is_name = Path(name).name == name
    return kept if is_name and ((kept / "manifest.json").is_file() or not Path(name).is_dir()) else Path(name)


def set_of(study: Path | None, database_url: str) -> str:
    """Name of the set that a study asks for: the study file's, else the running study's, else the shipped one's."""
    from study.design import frozen
    from study.design.definition import load
    from study.storage.database import open_database, reading
    from study.storage.studies import latest_study

    if study:
        return load(study).stimuli
    engine = open_database(database_url)
    try:
        with reading(engine) as connection:
            row = latest_study(connection)
        return (frozen.definition_of(row) if row else load()).stimuli
    finally:
        engine.dispose()
