"""`reproduce.R` and the ratings beside the results, so that anybody can compute the numbers once more by R's own
packages."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.data.ratings import Ratings
from analysis.statistics.listeners_and_clips import condition_contrasts
from analysis.statistics.results import Results

_SCRIPT = Path(__file__).with_name("reproduce.R")


def write_reproduction(sets: dict[str, Results], ratings: Ratings, out: Path) -> None:
    """Write `ratings.csv` and `reproduce.R`.

    Parameters
    ----------
    sets
        Results by their folder; the main ones have the name "".
    ratings
        Of all participants.
    out
        Folder of the main results.
    """
    as_table(ratings).to_csv(out / "ratings.csv", index=False, lineterminator="\n")
    text = _SCRIPT.read_text(encoding="utf-8").replace("#SETTINGS#", _settings(sets, ratings))
    (out / "reproduce.R").write_text(text, encoding="utf-8")


def as_table(ratings: Ratings) -> pd.DataFrame:
    """Give the tidy table that was analysed, checks and repeats included; `analyse --ratings` takes it as it is."""
    parts = [part for part in (ratings.main.assign(kind="rating"), ratings.extra) if len(part)]
    table = pd.concat([part.astype(dict.fromkeys(LABELS, object)) for part in parts])
    return table.assign(simulated=True) if ratings.simulated else table


LABELS = ("participant", "descriptor", "clip", "condition")


def _settings(sets: dict[str, Results], ratings: Ratings) -> str:
    main = sets[""]
    conditions = main.cells.conditions
    lines = [
        f"conditions <- {_strings(conditions)}",
        f"descriptors <- {_strings(main.cells.descriptors)}",
        f"scale <- {_numbers(ratings.scale)}",
        f"compared <- {_strings(main.compared or ())}",
    ]
    if main.compared:
        codes, names = condition_contrasts(conditions, *main.compared)
        lines.append(f"slopes <- {_strings(names)}  # what the random slopes c1, c2, ... are")
        lines.append(f"contrast_codes <- matrix({_numbers(codes.ravel())}, ncol = {codes.shape[1]}, byrow = TRUE)")
    everyone = set(ratings.levels("participant"))
    lines.append("sets <- list(")
    lines.append(",\n".join(_set(folder, results, everyone) for folder, results in sets.items()))
    lines.append(")")
    return "\n".join(lines)


def _set(folder: str, results: Results, everyone: set[str]) -> str:
    """Say which participants a set of tables is without, and the random terms that the main model kept."""
    random, zero = _terms(results)
    without = sorted(everyone - set(results.cells.participants))
    n = results.ordinal.n_participants if results.ordinal else 0
    groups, terms = ([row[i] for row in zero] for i in (0, 1))
    return (
        f"  list(folder = {_string(folder)}, without = {_strings(without)},\n    random = {_strings(random)},\n"
        f"    zero = data.frame(group = {_strings(groups)}, term = {_strings(terms)}), ordinal_participants = {n})"
    )


def _terms(results: Results) -> tuple[list[str], list[tuple[str, str]]]:
    if results.main is None:
        return [], []
    fit, random, zero = results.main.fit, [], []
    names = {name: f"c{i}" for i, name in enumerate(_slopes(results), start=1)}
    for term, free in zip(fit.reml.terms, fit.reml.random.split(fit.free), strict=True):
        if term.correlated:
            columns = " + ".join(["1", *(names[name] for name in term.names[1:])])
            random.append(f"({columns} | {term.group})")
            continue
        for name, kept in zip(term.names, free, strict=True):
            column = "1" if name == "Intercept" else f"0 + {names[name]}"
            random += [f"({column} | {term.group})"] if kept else []
            zero += [] if kept else [(term.group, name)]
    return random, zero


def _slopes(results: Results) -> list[str]:
    return condition_contrasts(results.cells.conditions, *results.compared)[1] if results.compared else []


def _string(text: str) -> str:
    """Write an R string in ASCII, so that the script reads the same in every locale."""
    inside = "".join(
        character if " " <= character <= "~" and character not in '"\\' else f"\\U{ord(character):08x}"
        for character in text
    )
    return f'"{inside}"'


def _strings(texts: Iterable[str]) -> str:
    quoted = [_string(text) for text in texts]
    return f"c({', '.join(quoted)})" if quoted else "character()"


def _numbers(values: object) -> str:
    return f"c({', '.join(repr(float(value)) for value in np.asarray(values))})"
