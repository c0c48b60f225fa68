"""Read webMUSHRA's result files as tidy ratings: `mushra.csv` (0 to 100), `bs1116.csv` (1 to 5), `lss.csv` and
`lms.csv` (Likert scales, in numbers or words).

The page (`trial_id`) is the clip, the stimulus is the condition, the test (`session_test_id`) is the descriptor, and
a participant is known by `session_uuid`, or by the whole questionnaire where the file has none (older versions of
webMUSHRA).
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.data.reading import read_csv

MUSHRA_SCALE = (0.0, 100.0)
BS1116_SCALE = (1.0, 5.0)
HIDDEN_REFERENCE = "hidden reference"
# Words of usual scales, lowest first: ITU-T P.800 (quality, impairment, comparison) and Likert's agreement.
WORDS = (
    ("bad", "poor", "fair", "good", "excellent"),
    ("very annoying", "annoying", "slightly annoying", "perceptible but not annoying", "imperceptible"),
    ("much worse", "worse", "slightly worse", "about the same", "slightly better", "better", "much better"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("strongly disagree", "disagree", "neither agree nor disagree", "agree", "strongly agree"),
)
_MUSHRA = {"condition": "rating_stimulus", "rating": "rating_score"}
_LIKERT = {"condition": "stimuli", "rating": "stimuli_rating"}
_BS1116 = {
    "reference": "rating_reference",
    "condition": "rating_non_reference",
    "reference_rating": "rating_reference_score",
    "rating": "rating_non_reference_score",
}
_COMMON = ("session_test_id", "trial_id")
_NOT_THE_PERSON = {
    *_COMMON, *_MUSHRA.values(), *_LIKERT.values(), *_BS1116.values(),
    "rating_time", "rating_comment", "choice_comment",
}  # fmt: skip


def read_webmushra(
    paths: list[Path], words: Sequence[str] | None = None
) -> tuple[pd.DataFrame, tuple[float, float] | None]:
    """Read one or more result files of webMUSHRA.

    Parameters
    ----------
    paths
        Files of the same kind; each test's results are one descriptor.
    words
        The labels of a Likert scale, lowest first, where its answers are words; those of usual scales are known.

    Returns
    -------
    pd.DataFrame
        participant, descriptor, clip, condition, rating, rt_ms; index = line in its file.
    tuple or None
        The scale: 0 to 100 for MUSHRA, 1 to 5 for BS.1116, 1 to the number of words; None for Likert scales in
        numbers, whose files do not tell it.

    Raises
    ------
    ValueError
        A file is none of these, files of different scales are mixed, or a word's place on its scale is not known.
    """
    tables, scales = [], set()
    for path in paths:
        raw = read_csv(path).astype(object)
        columns = next((c for c in (_MUSHRA, _BS1116, _LIKERT) if set(c.values()) <= set(raw.columns)), None)
        if columns is None or any(name not in raw for name in _COMMON):
            raise ValueError(
                f"{path} is not a result file of webMUSHRA with ratings (columns: {', '.join(raw.columns)}); "
                "mushra.csv, bs1116.csv, lss.csv and lms.csv can be read, not paired comparisons."
            )
        table, scale = _tidy(raw, columns, words)
        tables.append(table)
        scales.add(scale)
    if len(scales) > 1:
        raise ValueError("The files are on different scales; analyse those of one scale at a time.")
    return pd.concat(tables), scales.pop()


def _tidy(
    raw: pd.DataFrame, columns: dict[str, str], words: Sequence[str] | None
) -> tuple[pd.DataFrame, tuple[float, float] | None]:
    table = pd.DataFrame(
        {
            "participant": _person(raw),
            "descriptor": raw["session_test_id"],
            "clip": raw["trial_id"],
            "condition": raw[columns["condition"]],
            "rating": raw[columns["rating"]],
        }
    )
    table = table.assign(rt_ms=raw["rating_time"]) if "rating_time" in raw else table
    if columns is _MUSHRA:
        return table, MUSHRA_SCALE
    if columns is _BS1116:
        return _with_hidden_reference(table, raw[_BS1116["reference_rating"]]), BS1116_SCALE
    return _in_numbers(table, words)


def _person(raw: pd.DataFrame) -> pd.Series:
    person = (
        ["session_uuid"] if "session_uuid" in raw else [name for name in raw.columns if name not in _NOT_THE_PERSON]
    )
    if not person:
        raise ValueError("The file has neither session_uuid nor a questionnaire, so participants cannot be told apart.")
    return raw[person].fillna("").astype(str).agg(" / ".join, axis=1)


def _with_hidden_reference(table: pd.DataFrame, reference: pd.Series) -> pd.DataFrame:
    """Add the hidden reference's grades as a condition: a listener's mean for a page that asked for several."""
    keys = ["participant", "descriptor", "clip"]
    grades = table[keys].assign(rating=pd.to_numeric(reference, errors="coerce"))
    means = grades.groupby(keys, sort=False)["rating"].mean()
    first = grades.drop_duplicates(keys)
    hidden = first.assign(
        condition=HIDDEN_REFERENCE, rating=means.reindex(pd.MultiIndex.from_frame(first[keys])).values
    )
    return pd.concat([table, hidden]).sort_index(kind="stable")


def _in_numbers(table: pd.DataFrame, words: Sequence[str] | None) -> tuple[pd.DataFrame, tuple[float, float] | None]:
    """Turn a scale's words into 1, 2, ...; numbers stay as they are."""
    answers = table["rating"].map(lambda answer: " ".join(str(answer).split()).lower(), na_action="ignore")
    found = set(answers.dropna())
    if any(answer[:1].isdigit() or answer[:2].lstrip("-+.").isdigit() for answer in found):
        return table, None
    scales = [tuple(word.strip().lower() for word in words)] if words else WORDS
    for scale in scales:
        if found <= set(scale):
            return table.assign(rating=answers.map({word: i + 1 for i, word in enumerate(scale)})), (1.0, len(scale))
    unknown = sorted(found - set(scales[0]))[0] if words else sorted(found)[0]
    raise ValueError(
        f"The answers are words such as {unknown!r}, whose place on their scale is not known; name all words of the "
        "scale, lowest first: --words bad,poor,fair,good,excellent."
    )
