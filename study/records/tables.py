"""The tidy tables, made from records of sessions: the same records, the same cells.

A record is a session with its answers: ``{"session": {...}, "answers": [{"step", "response", "receipt"}, ...]}`` in the
order of `study.receipts`. Export reads records from the database, `study.verification` from an exported file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from study import clock
from study.design.blocks import Block
from study.design.columns import Column
from study.design.definition import Definition
from study.kinds import KINDS, TRIALS
from study.records.dictionary import RESPONSES, SESSIONS, kind_tables, response_columns, session_columns
from study.records.spreadsheets import escaped
from study.sessions.steps import step_id

Record = dict[str, Any]


def responses(records: Iterable[Record], definition: Definition) -> pd.DataFrame:
    """One row per answer about a sound, with the columns of `study.records.dictionary.response_columns`."""
    columns = response_columns()
    rows = [row for record in records for row in _responses(record, definition, columns)]
    return _frame(rows, columns)


def _responses(record: Record, definition: Definition, columns: Mapping[str, Column]) -> list[dict[str, Any]]:
    session = record["session"]
    answers = [answer for answer in record["answers"] if answer["step"]["kind"] in TRIALS]
    numbers = {answer["step"]["trial_number"]: _step_id(session, answer["step"]) for answer in answers}
    return [
        _response(session, answer["step"], answer["response"], numbers, columns)
        | _about(session, answer, block, own, numbers.get(answer["step"].get("repeat_of")))
        for answer in answers
        for block in [definition.block_of(answer["step"]["detail"])]
        for own in KINDS[answer["step"]["kind"]].responses(answer["step"], _given(answer["response"]), block)
    ]


def _given(response: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as its kind made it: the rating has a column of its own."""
    return response["answer"] | ({"rating": response["rating"]} if "rating" in response else {})


def _about(
    session: Mapping[str, Any], answer: Record, block: Block, own: Mapping[str, Any], repeated: str | None
) -> dict[str, Any]:
    """What one row of an answer says beside what all of its step do: of which sound, and how that was heard."""
    cells: dict[str, Any] = {"rating": None, "answer": None, "paradigm": block.paradigm} | dict(own)
    of_sound = cells.pop("of_sound", None)
    if (number := cells.pop("sound", None)) is None:
        return cells
    measured = ((answer["response"].get("telemetry") or {}).get("sounds") or [])[number : number + 1]
    cells |= {"trial": f"{_step_id(session, answer['step'])}-{number}"} | (measured[0] if measured else {})
    if repeated is not None:
        cells["repeat_of"] = f"{repeated}-{of_sound}"
    return cells


def _response(
    session: Mapping[str, Any],
    step: Mapping[str, Any],
    response: Mapping[str, Any],
    numbers: Mapping[int, str],
    columns: Mapping[str, Column],
) -> dict[str, Any]:
    row = {**session, **step, **response}
    own = {name: response["answer"].get(name) for name in columns if name not in RESPONSES}
    return (
        own
        | {name: row[name] for name in RESPONSES if name in row}
        | {
            "session": session["public_id"],
            "participant": participant(session["number"]),
            "trial": _step_id(session, step),
            "kind": step.get("trial_kind"),
            "repeat_of": numbers.get(step.get("repeat_of", -1)),
            "answered_at": clock.iso(response["answered_at"]),
            "language": response.get("language") or session["language"],
            "flagged": " ".join(response.get("flags") or []) or None,
            "session_state": session["state"],
        }
    )


def sessions(
    records: Iterable[Record],
    definition: Definition,
    identifiers: Mapping[str, Mapping[str, str]] | None = None,
) -> pd.DataFrame:
    """One row per session; ``identifiers`` are the id parameters of each session, where they are wanted."""
    columns = session_columns(definition)
    if identifiers is not None:
        columns |= {name: Column("string", "") for name in definition.recruitment.id_parameters}
    own = identifiers or {}
    return _frame(
        [dict(own.get(record["session"]["public_id"], {})) | _session(record, definition) for record in records],
        columns,
    )


def _session(record: Record, definition: Definition) -> dict[str, Any]:
    session, answers = record["session"], record["answers"]
    started, finished = session["started_at"], session.get("finished_at")
    took_s = None if finished is None else clock.elapsed_s(started, finished)
    cells: dict[str, Any] = {}
    for answer in answers:
        cells |= KINDS[answer["step"]["kind"]].session_cells(answer["response"]["answer"])
    return (
        {name: session[name] for name in SESSIONS if name in session}
        | (session.get("client") or {})
        | {name: clock.iso(session.get(name)) for name in ("started_at", "finished_at", "consented_at")}
        | cells
        | {
            "session": session["public_id"],
            "participant": participant(session["number"]),
            "minutes": None if took_s is None else round(took_s / 60, 2),
            "trials": session["n_trials"],
            "block_order": " ".join(str(index + 1) for index in definition.block_order(session["block_row"])),
            "clips": " ".join(session["clips"]),
            "steps_answered": len(answers),
        }
    )


def of_kinds(records: Sequence[Record]) -> dict[str, pd.DataFrame]:
    """The tables that kinds of step have of their own, by name."""
    names = {kind.table_name or name: name for name, kind in KINDS.items()}
    return {name: _of_kind(records, names[name], columns) for name, columns in kind_tables().items()}


def _of_kind(records: Sequence[Record], kind: str, columns: Mapping[str, Column]) -> pd.DataFrame:
    rows = [
        _response(record["session"], answer["step"], answer["response"], {}, {})
        | {"trial": f"{_step_id(record['session'], answer['step'])}-{number}"}
        | row
        for record in records
        for answer in record["answers"]
        if answer["step"]["kind"] == kind
        for number, row in enumerate(_own_rows(answer["step"], answer["response"]))
    ]
    return _frame(rows, columns)


def _own_rows(step: Mapping[str, Any], response: Mapping[str, Any]) -> list[dict[str, Any]]:
    return KINDS[step["kind"]].rows(step, response["answer"], response.get("telemetry") or {})


def safe(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose texts no spreadsheet takes for a formula; see `study.spreadsheets`."""
    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(**{name: table[name].map(_safe, na_action="ignore") for name in texts})


def as_csv(table: pd.DataFrame) -> str:
    """A table as the text of its CSV file."""
    return safe(table).to_csv(index=False, lineterminator="\n")


def participant(number: int) -> str:
    """A participant's name in the tables."""
    return f"P{number:04d}"


def _step_id(session: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    return step_id(session["public_id"], step["position"])


def _safe(value: Any) -> Any:
    return escaped(value) if isinstance(value, str) else value


def _frame(rows: list[dict[str, Any]], columns: Mapping[str, Column]) -> pd.DataFrame:
    types = {name: column.dtype for name, column in columns.items()}
    return pd.DataFrame(rows, columns=list(columns)).astype(types)
