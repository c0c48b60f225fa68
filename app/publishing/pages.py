"""The pages of a package: what it is, how to read it, how to cite it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

from study.records.publication import Publication


@dataclass(frozen=True)
class Citing:
    """What the author says of the package.

    Attributes
    ----------
    authors : names, in the order of the citation.
    licence : of the data, such as CC-BY-4.0; None where none is stated.
    audio_licence : of the audio; None where the package holds none.
    """

    authors: Sequence[str] = field(default_factory=tuple)
    licence: str | None = None
    audio_licence: str | None = None


def citation(publication: Publication, citing: Citing) -> str:
    """How to cite the data."""
    definition = publication.definition
    authors = "; ".join(citing.authors) or "AUTHORS"
    title = definition.text(definition.title, definition.languages[0])
    return f"{authors} ({publication.months[1][:4]}). {title} [Data set]. DOI"


def software() -> str:
    """How to cite the program."""
    title = "semantic-eq: a listening study of a semantic equaliser"
    return f"The semantic-eq authors. {title} (version {version('semantic-eq')}) [Software]."


def summary(publication: Publication) -> str:
    """The data in one sentence."""
    definition, counts = publication.definition, publication.counts
    mark = "SIMULATED answers, which say nothing about people: " if _is_simulated(publication) else ""
    words = ", ".join(word.name for word in definition.descriptors)
    asked = ", ".join(dict.fromkeys(block.paradigm for block in definition.effective_blocks))
    return (
        f"{mark}Answers of {counts['published']} participants of an online listening study of the conditions "
        f"{', '.join(definition.conditions)}, asked by {asked} about {words}."
    )


def readme(publication: Publication, citing: Citing, files: Mapping[str, str], questions: Sequence[str]) -> str:
    """`README.md`.

    Parameters
    ----------
    files : what each file or folder holds.
    questions : columns of the questionnaire that are in the data.
    """
    definition = publication.definition
    rows = "\n".join(f"| `{place}` | {what} |" for place, what in files.items())
    parts = [
        f"# {definition.text(definition.title, definition.languages[0])}",
        f"{summary(publication)} Collected {_when(publication)}.",
        f"| file | holds |\n| --- | --- |\n{rows}",
        f"The layout is that of [Psych-DS]({PSYCH_DS}). `sha256sum -c SHA256SUMS` checks that nothing was altered.",
        f"## How to cite\n\n{_to_cite(publication, citing)}",
        f"## Licence\n\n{_licences(citing)}",
        f"## What is not here\n\n{_absent(publication)}",
        f"## Compute it again\n\n{_again(files)}",
    ]
    if questions:
        parts[-2] += f"\n\nParticipants said of themselves: {', '.join(f'`{name}`' for name in questions)}."
    return "\n\n".join(parts) + "\n"


PSYCH_DS = "https://psych-ds.github.io"
R_ALONE = """With R alone: `Rscript results/reproduce.R` computes the tables once more from `results/ratings.csv` and
says what differs."""
AGAIN = """With the program, whose version is in `documentation/environment.json`: `semantic-eq analyse . --out again`
in this folder. What may differ are planned looks, which go by the order in which participants finished: it is not
published."""


def _again(files: Mapping[str, str]) -> str:
    return f"{R_ALONE}\n\n{AGAIN}" if "results/reproduce.R" in files else AGAIN


def _to_cite(publication: Publication, citing: Citing) -> str:
    missing = "" if citing.authors else " (put the authors in the place of AUTHORS)"
    return f"Data: {citation(publication, citing)}{missing}, where DOI is that of the deposit.\n\nProgram: {software()}"


def _licences(citing: Citing) -> str:
    data = f"Data: {citing.licence}." if citing.licence else "No licence of the data is stated here: see the deposit."
    audio = f" Audio: {citing.audio_licence}." if citing.audio_licence else ""
    return f"{data}{audio}"


def _absent(publication: Publication) -> str:
    counts = publication.counts
    columns = "; ".join(f"{reason} (`{'`, `'.join(names)}`)" for reason, names in publication.left_out.items())
    others = counts["started"] - counts["withdrawn"] - counts["published"]
    sort = "real" if _is_simulated(publication) else "simulated"
    return (
        f"Of {counts['started']} sessions that were started, {counts['withdrawn']} withdrew and were deleted, and "
        f"{others} are left out here: who did not agree to take part, and {sort} participants. "
        "Participants are numbered anew, in an order that has nothing to do with when they came. "
        f"Columns of the study's own export that are left out: {columns}."
    )


def _when(publication: Publication) -> str:
    first, last = publication.months
    return f"in {first}" if first == last else f"from {first} to {last}"


def _is_simulated(publication: Publication) -> bool:
    return bool(publication.tables["sessions"]["simulated"].all())
