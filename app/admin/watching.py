"""What the experimenter watches while the study runs: data quality, balance, ratings so far, the server's health.

Everything is made from the same tables that `semantic-eq export` writes, so the page and the files agree.
"""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from study import recruitment
from study.design.questions import DESCRIPTOR
from study.records import export

if TYPE_CHECKING:
    import pandas as pd

CHECKS = ("attention", "audible_check")
OF_SESSION = (
    *("participant", "state", "headphones_passed", "second_answers", "minutes", "language", "level_db"),
    *("browser", "device"),
)
STARTED = time.time()


def quality(engine: Engine, simulated: bool = False) -> list[dict[str, Any]]:
    """How each session answered, the newest first.

    Returns
    -------
    list of dict
        ``participant``, ``state``, ``rated`` (rating trials), ``checks_passed`` of ``checks``, ``headphones_passed``,
        ``rt_ms`` (median response time), ``same`` (share of the modal rating; near 1 is straight-lining),
        ``focus_losses``, ``underruns``, ``flagged`` (answers with something measured beyond the possible),
        ``second_answers``, ``repeat_difference`` (mean distance between the ratings of a sound that came twice),
        ``by_check`` (for each kind of check that came, how many were passed), ``is_abandoned``,
        ``minutes``, ``step`` of ``n_steps`` and ``at`` (where they are), and what is known of language, level and
        device. Whether somebody is excluded is decided by the analysis, by rules written down before the study.
    """
    sessions = export.sessions(engine, simulated)
    responses = dict(iter(export.ratings(engine, simulated).groupby("participant", observed=True)))
    places = recruitment.whereabouts(engine, simulated)
    rows = [
        _session(row, responses.get(row["participant"])) | places.get(row["participant"], {})
        for row in sessions.to_dict("records")
    ]
    return rows[::-1]


def _session(row: dict[str, Any], responses: pd.DataFrame | None) -> dict[str, Any]:
    kept = {name: row[name] for name in OF_SESSION}
    if responses is None:
        nothing = {"rated": 0, "checks": 0, "checks_passed": 0, "by_check": {}, "rt_ms": None, "same": None}
        return plain(kept | nothing)
    checks = responses[responses["kind"].isin(CHECKS)]
    passed = checks["rating"] == checks["expected"]
    every = responses.drop_duplicates("position")
    rated = responses[(responses["kind"] == "rating") & responses["rating"].notna()]
    pages = rated.drop_duplicates("position")  # several sounds or questions were measured together
    question = rated["question"].mode()
    most_asked = rated[rated["question"].isin(question[:1])]["rating"]
    same = most_asked.value_counts(normalize=True).max() if len(rated) else None
    return plain(
        kept
        | {
            "rated": len(rated),
            "checks": len(checks),
            "checks_passed": int(passed.sum()),
            "by_check": {kind: int(passed[checks["kind"] == kind].sum()) for kind in checks["kind"].unique()},
            "rt_ms": pages["rt_ms"].median() if pages["rt_ms"].notna().any() else None,
            "same": same,
            "focus_losses": every["focus_losses"].sum(),
            "underruns": every["underruns"].sum(),
            "flagged": int(every["flagged"].notna().sum()),
            "repeat_difference": _repeat_difference(responses[responses["question"].isin(question[:1])]),
        }
    )


def _repeat_difference(responses: pd.DataFrame) -> float | None:
    """Of one question: on another's scale a point means something else."""
    rated, again = (responses[responses["kind"] == kind] for kind in ("rating", "repeat"))
    both = again.merge(rated, left_on="repeat_of", right_on="trial", suffixes=("", "_before"))
    return float((both["rating"] - both["rating_before"]).abs().mean()) if len(both) else None


def balance(engine: Engine, conditions: list[str], simulated: bool = False) -> list[dict[str, Any]]:
    """Rating trials per descriptor and condition from participants who completed: the design wants them equal."""
    responses = export.ratings(engine, simulated)
    done = responses[(responses["kind"] == "rating") & (responses["session_state"] == "completed")]
    words = done["descriptor"].where(done["question"] == DESCRIPTOR, done["descriptor"] + " · " + done["question"])
    counts = done.assign(descriptor=words).groupby(["descriptor", "condition"], observed=True, sort=False).size()
    words = dict.fromkeys(word for word, _ in counts.index)
    return [
        {"descriptor": word, "condition": name, "n": int(counts.get((word, name), 0))}
        for word in words
        for name in conditions
    ]


def health(engine: Engine, stimuli: Path) -> dict[str, Any]:
    """What may go wrong with the server itself."""
    place = Path(engine.url.database) if engine.dialect.name == "sqlite" and engine.url.database else stimuli
    place = place if place.exists() else place.absolute().parent
    size = sum(path.stat().st_size for path in place.parent.glob(f"{place.name}*"))  # with its write-ahead log
    return {
        "database": engine.dialect.name,
        "database_mb": round(size / 1e6, 2) if place.is_file() else None,
        "disk_free_gb": round(shutil.disk_usage(place).free / 1e9, 1),
        "up_hours": round((time.time() - STARTED) / 3600, 2),
    }


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON has them: pandas' missing values and numbers become None, int or float."""
    plain = {}
    for name, value in row.items():
        value = value.item() if hasattr(value, "item") else value
        missing = value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and math.isnan(value))
        plain[name] = None if missing else value
    return plain
