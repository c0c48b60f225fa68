"""Read webMUSHRA's result files as tidy ratings: `mushra.csv` (0 to 100), `lss.csv` and `lms.csv` (Likert scales).

The page (`trial_id`) is the clip, the stimulus is the condition, the test (`session_test_id`) is the descriptor, and
a participant is known by `session_uuid`, or by the whole questionnaire where the file has none (older versions of
webMUSHRA).
"""

from pathlib import Path

import pandas as pd

from analysis.data.reading import read_csv

MUSHRA_SCALE = (0.0, 100.0)
_MUSHRA = {"stimulus": "rating_stimulus", "rating": "rating_score"}
_LIKERT = {"stimulus": "stimuli", "rating": "stimuli_rating"}
_COMMON = ("session_test_id", "trial_id")
_NOT_THE_PERSON = {*_COMMON, *_MUSHRA.values(), *_LIKERT.values(), "rating_time", "rating_comment"}


def read_webmushra(paths: list[Path]) -> tuple[pd.DataFrame, tuple[float, float] | None]:
    """Read one or more result files of webMUSHRA.

    Parameters
    ----------
    paths
        Files of the same kind; each test's results are one descriptor.

    Returns
    -------
    pd.DataFrame
        participant, descriptor, clip, condition, rating, rt_ms; index = line in its file.
    tuple or None
        The scale, 0 to 100 for MUSHRA; None for Likert, whose files do not tell it.

    Raises
    ------
    ValueError
        A file is neither kind, or files of both kinds are mixed.
    """
    tables, scales = [], set()
    for path in paths:
        raw = read_csv(path)
        columns = next((c for c in (_MUSHRA, _LIKERT) if set(c.values()) <= set(raw.columns)), None)
        if columns is None or any(name not in raw for name in _COMMON):
            raise ValueError(
                f"{path} is not a result file of webMUSHRA (columns: {', '.join(raw.columns)}); "
                "mushra.csv, lss.csv and lms.csv can be read, not paired comparisons."
            )
        scales.add(MUSHRA_SCALE if columns is _MUSHRA else None)
        tables.append(_tidy(raw, columns))
    if len(scales) > 1:
        raise ValueError("MUSHRA and Likert results are on different scales; analyse them one after the other.")
    return pd.concat(tables), scales.pop()


def _tidy(raw: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    raw = raw.astype(object)
    person = (
        ["session_uuid"] if "session_uuid" in raw else [name for name in raw.columns if name not in _NOT_THE_PERSON]
    )
    if not person:
        raise ValueError("The file has neither session_uuid nor a questionnaire, so participants cannot be told apart.")
    table = pd.DataFrame(
        {
            "participant": raw[person].fillna("").astype(str).agg(" / ".join, axis=1),
            "descriptor": raw["session_test_id"],
            "clip": raw["trial_id"],
            "condition": raw[columns["stimulus"]],
            "rating": raw[columns["rating"]],
        }
    )
    return table.assign(rt_ms=raw["rating_time"]) if "rating_time" in raw else table
