"""The running study: database, frozen definition and stimulus set, held together by their hashes.

A study is created once; from then on its definition and manifest are those in the database. Whoever starts a server
with another file is shown what differs, and may create a new study in the same database. Servers that start together on
an empty database agree on one study: its ordinal can be taken once, and who comes second goes on with it.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from study.design import definition as study_file
from study.design import frozen
from study.design.definition import Definition
from study.design.plan import Plan
from study.design.stimuli import StimulusSet
from study.kinds import KINDS
from study.sessions.hearing import Served
from study.sessions.made import MadeSounds, folder_of
from study.storage.commits import Commits
from study.storage.database import DEFAULT_URL, in_one_sentence, open_database, reading
from study.storage.models import AnyRow, Study
from study.storage.studies import latest_study

SHOWN_DIFFERENCES = 8
TRIES = 20  # each one lost is a study that another process has created meanwhile


@dataclass(frozen=True)
class RunningStudy:
    """What a server process needs of a study; nothing in it changes while participants come and go.

    ``secret`` (hex) is the key of what this study signs, masks or draws; it is not to be shown. ``made`` are the sounds
    made for single participants, where the study has such.
    """

    engine: Engine
    study_id: int
    plan: Plan
    commits: Commits
    secret: str = field(repr=False)
    made: MadeSounds | None = None

    @classmethod
    def open(
        cls,
        database_url: str = DEFAULT_URL,
        file: str | Path | Definition | None = None,
        folder: str | Path | None = None,
        *,
        create: bool = False,
    ) -> RunningStudy:
        """Begin the study, or go on with it.

        Parameters
        ----------
        database_url : str
            Where responses go; see `study.storage.database.open_database`.
        file : path or Definition, optional
            The study file; None is the one the database already holds, else the shipped one.
        folder : path, optional
            The stimulus set; None is ``data/stimuli/<name in the study file>``.
        create : bool
            Create a new study even if one is there; the old one's data stay.

        Raises
        ------
        ValueError
            When the file or the set is not what the running study was created with (the differences are shown), when
            files of the set are missing or damaged (they are named), or when the database would take no answer.
        """
        engine = open_database(database_url)
        try:
            with in_one_sentence(engine.url):
                return cls._open(engine, file, folder, create)
        except BaseException:
            engine.dispose()
            raise

    @classmethod
    def _open(
        cls,
        engine: Engine,
        file: str | Path | Definition | None,
        folder: str | Path | None,
        create: bool,
        tries: int = TRIES,
    ) -> RunningStudy:
        with reading(engine) as connection:
            last = latest_study(connection)
        row = None if create else last
        created = frozen.definition_of(row) if row else None
        wanted = file if isinstance(file, Definition) else study_file.load(file) if file or not created else created
        stimuli = StimulusSet.load(folder or Path("data/stimuli") / wanted.stimuli)
        plan = Plan(_unchanged(row, wanted, stimuli, file) if row else wanted, stimuli)
        plan.stimuli.files.check()
        try:
            with engine.begin() as connection:
                study_id = row.id if row else begin_study(connection, plan, 1 + (last.ordinal if last else 0))
                # A disk that would take no answer is found now, not by the first participant.
                connection.execute(update(Study).where(Study.id == study_id).values(state=Study.state))
                secret = connection.execute(select(Study.secret).where(Study.id == study_id)).scalar_one()
        except IntegrityError:  # another process created a study since we looked
            if tries > 1:
                return cls._open(engine, file, folder, create, tries - 1)
            raise
        made = MadeSounds(plan, folder_of(engine)) if plan.stimuli.made else None
        running = cls(engine, study_id, plan, Commits(engine), secret, made)
        _ = running.download_mb  # while all files are known to be there; the start page tells it even when one is gone
        return running

    @property
    def definition(self) -> Definition:
        """The frozen study file."""
        return self.plan.definition

    @property
    def stimuli(self) -> StimulusSet:
        """The frozen stimulus set."""
        return self.plan.stimuli

    @cached_property
    def served(self) -> Served:
        """When this process served which sound."""
        return Served(self.commits)

    @cached_property
    def minutes(self) -> int:
        """How long a participant takes, breaks included."""
        return self.plan.minutes

    @cached_property
    def trials(self) -> int:
        """Trials of one participant, checks and repeats included, practice not."""
        return self.plan.n_trials

    @cached_property
    def promises(self) -> list[str]:
        """Messages about the steps to come that the start page lists."""
        kinds = dict.fromkeys(step["kind"] for step in self.plan.sample)
        return [KINDS[kind].promise for kind in kinds if KINDS[kind].promise]

    @cached_property
    def download_mb(self) -> int:
        """Megabytes of sound that a participant's browser fetches."""
        return round(self.plan.download_bytes / 1e6)

    def read(self, public_id: str, sound: str) -> bytes | None:
        """What a sound's file holds, that of the set or of a session; None where it is missing or damaged."""
        if self.made and sound in self.made.sources:
            return self.made.read(public_id, sound)
        return self.stimuli.files.read(sound)

    def close(self) -> None:
        """Finish what is being committed and let go of the database."""
        self.served.store()
        self.commits.close()
        self.engine.dispose()


def begin_study(connection: Connection, plan: Plan, ordinal: int) -> int:
    """Store definition and manifest with their hashes; returns the study's id.

    Raises
    ------
    IntegrityError
        When another process has created the study of this ordinal.
    """
    values = {
        "ordinal": ordinal,
        "secret": secrets.token_hex(32),
        "begun_at": time.time(),
        "definition": plan.definition.canonical(),
        "definition_sha256": plan.definition.sha256,
        "stated": frozen.stated(plan.definition),
        "manifest": plan.stimuli.text,
        "manifest_sha256": plan.stimuli.sha256,
        "versions": versions(),
        "state": "open",
        "sessions_started": 0,
    }
    inserted: Any = connection.execute(insert(Study).values(values))
    return inserted.inserted_primary_key[0]


def versions() -> dict[str, str]:
    """Versions of this program and of what decides what participants get."""
    found = {}
    for name in ("semantic-eq", "fastapi", "gradio", "sqlalchemy", "pydantic"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _unchanged(
    row: AnyRow, wanted: Definition, stimuli: StimulusSet, file: str | Path | Definition | None
) -> Definition:
    """The definition to go on with; ValueError where file or set are not what the study was created with."""
    name = study_file.SHIPPED.name if file is None or isinstance(file, Definition) else file
    definition, changes = frozen.changes(row, wanted)
    if changes:
        raise ValueError(_refusal(f"The study file {name}", changes))
    if row.manifest_sha256 != stimuli.sha256:
        texts = (json.dumps(json.loads(text), indent=1, sort_keys=True) for text in (row.manifest, stimuli.text))
        raise ValueError(_refusal(f"The stimulus set {stimuli.folder}", frozen.differences(*texts)))
    return definition


def _refusal(what: str, changes: list[str]) -> str:
    shown = "\n  ".join(changes[:SHOWN_DIFFERENCES])
    more = len(changes) - SHOWN_DIFFERENCES
    return (
        f"{what} has changed since the study was created, so its responses would not belong together. Undo the change, "
        "create a new study with `semantic-eq study create`, or name another database with --database-url. "
        "Created with (-), found now (+):"
        f"\n  {shown}" + (f"\n  and {more} lines more" if more > 0 else "")
    )
