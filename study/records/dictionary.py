"""The data dictionary: every column of the exported tables, with its type, unit and meaning."""

from __future__ import annotations

from collections.abc import Mapping

from study.design import client
from study.design.columns import NAME, TIME, Column
from study.design.definition import Definition
from study.kinds import KINDS, TRIALS
from study.kinds.base import Kind

RESPONSES = {
    "session": Column("string", "session, a random name", NAME),
    "participant": Column(
        "string", "participant, numbered in the order of starting; nothing else is known by this name"
    ),
    "trial": Column("string", "sound that was presented: with `question` unique in the study, and stored once"),
    "kind": Column("string", "rating, repeat, attention, audible_check, anchor or practice"),
    "position": Column("Int64", "place of the step in the session, from 0, pages without a sound counted"),
    "trial_number": Column("Int64", "place among the trials, from 1; 0 for practice"),
    "block": Column("Int64", "part of the session, with a break before it, from 1; empty for practice"),
    "paradigm": Column("string", "way of asking, as in the study file's blocks: single, multistimulus"),
    "question": Column(
        "string", "what was asked: descriptor (how warm, bright ... it is) or an attribute such as quality"
    ),
    "descriptor": Column("string", "word that the sound was made for; with the question descriptor, that was rated"),
    "clip": Column("string", "source excerpt"),
    "condition": Column(
        "string", "condition of the sound that was heard, also in repeats, attention checks and practice"
    ),
    "stimulus": Column("string", "id in the stimulus manifest"),
    "rating": Column("Int64", "answer on the question's scale; empty for a choice or text"),
    "answer": Column("string", "answer to a choice or text question; empty for a rating"),
    "expected": Column("Int64", "the right answer of an attention or beep-counting check; empty elsewhere"),
    "repeat_of": Column("string", "trial that a repeat repeats; empty elsewhere"),
    "rt_ms": Column("Float64", "ms from the end of the first full play to the answer"),
    "rt_start_ms": Column("Float64", "ms from the trial's appearance to the answer"),
    "first_play_ms": Column("Float64", "ms from the trial's appearance to the first sound"),
    "start_gap_ms": Column("Float64", "ms from the answer before to the first sound"),
    "server_ms": Column(
        "Float64",
        "ms from giving the trial to storing the answer, by the server's clock; empty where it was set back between",
    ),
    "plays": Column("Int64", "how often playing this sound was started, by switching to it too"),
    "heard_s": Column("Float64", "seconds of this sound that were heard, replays counted"),
    "rating_changes": Column("Int64", "changes of the rating before it was sent"),
    "focus_losses": Column("Int64", "how often the page lost focus or was hidden"),
    "underruns": Column("Int64", "audio underruns that the player noticed"),
    "flagged": Column(
        "string", "measures that came with impossible values and are missing therefore, separated by spaces"
    ),
    "answered_at": Column("string", "time of storing, UTC, ISO 8601", TIME),
    "simulated": Column("bool", "whether a program answered"),
    "language": Column("string", "language in which the page showed this trial"),
    "session_state": Column("string", "active (not finished), completed, declined or screened_out"),
    "headphones_passed": Column(
        "boolean", "whether the participant passed every headphone screening; empty where there was none"
    ),
}

SESSIONS = {
    "session": Column("string", "session, as in responses", NAME),
    "participant": Column("string", "participant, as in responses"),
    "state": Column("string", "active (not finished), completed, declined or screened_out"),
    "simulated": Column("bool", "whether a program answered"),
    "language": Column("string", "language of the page, at last"),
    "started_at": Column("string", "UTC, ISO 8601", TIME),
    "finished_at": Column("string", "UTC, ISO 8601; empty where the session was not finished", TIME),
    "minutes": Column("Float64", "from start to finish"),
    "steps_answered": Column("Int64", "steps with an answer"),
    "trials": Column("Int64", "trials of the session's plan"),
    "block_row": Column("Int64", "row of the Williams squares of the orders of blocks and of their parts"),
    "block_order": Column("string", "blocks by their numbers in the study file, in the order of this participant"),
    "condition_row": Column("Int64", "row of the Williams square of condition orders"),
    "clips": Column("string", "clips of the session, separated by spaces"),
    "level_db": Column("Float64", "gain set by the participant, dB"),
    "headphones_passed": Column("boolean", "whether every headphone screening was passed; empty where there was none"),
    "consent_version": Column("string", "version of the consent text that was agreed to"),
    "consented_at": Column("string", "UTC, ISO 8601", TIME),
    **client.COLUMNS,
    "second_answers": Column("Int64", "refused attempts to change an answer"),
    "receipt": Column(
        "string", "newest link of the hash chain over the session's answers, as the participant saw it", NAME
    ),
}

OF_KINDS = {
    "session": Column("string", "session, as in responses", NAME),
    "participant": Column("string", "participant, as in responses"),
    "trial": Column("string", "sound that was played: unique in the study"),
}


def response_columns() -> dict[str, Column]:
    """Columns of the table of responses, those of every kind of trial included."""
    return RESPONSES | {name: column for kind in TRIALS for name, column in KINDS[kind].columns.items()}


def session_columns(definition: Definition) -> dict[str, Column]:
    """Columns of the table of sessions, what a study asks around its trials included."""
    return SESSIONS | {
        name: column for kind in KINDS.values() for name, column in kind.session_columns(definition).items()
    }


def kind_tables() -> dict[str, dict[str, Column]]:
    """Columns of the tables that kinds of step have of their own, by the table's name."""
    return {kind.table_name or name: _of_kind(kind) for name, kind in KINDS.items() if kind.table}


def _of_kind(kind: Kind) -> dict[str, Column]:
    return OF_KINDS | {name: RESPONSES[name] for name in kind.shared} | dict(kind.table)


def tables_of(definition: Definition) -> dict[str, dict[str, Column]]:
    """Columns of all tables of a study, by the table's name."""
    return {"responses": response_columns(), "sessions": session_columns(definition)} | kind_tables()


def as_markdown(tables: Mapping[str, Mapping[str, Column]]) -> str:
    """The dictionary of tables as a page."""
    parts = ["# Data dictionary\n\nTimes are UTC. Empty cells are missing values. CSV is UTF-8 with a header row."]
    for name, columns in tables.items():
        rows = "\n".join(f"| `{key}` | {column.dtype.lower()} | {column.meaning} |" for key, column in columns.items())
        parts.append(f"## {name}\n\n| column | type | meaning |\n| --- | --- | --- |\n{rows}")
    return "\n\n".join(parts) + "\n"
