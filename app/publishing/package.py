"""`semantic-eq package`: a study's data, materials and results as a folder and a zip file that may be published.

What is in it is made anew, from what may be published (`study.records.publication`); the analysis, too, is that of the
published tables, so that its tables and the data name the same participants. Before the folder takes its place all of
it is searched for the participants' ids and codes.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from analysis.numbers import counted
from analysis.writing.folder import SUMS, whole_folder
from app.commands.places import set_folder
from app.publishing import layout, pages, psych_ds
from app.publishing.archive import zipped
from app.publishing.environment import environment
from app.publishing.pages import Citing
from stimuli.manifest import Manifest
from study.design.stimuli import StimulusSet
from study.records import dictionary, publication, tables, wording
from study.records.publication import Publication

Step = Callable[[str], None]
TEXTS = {".csv", ".md", ".json", ".html", ".tex", ".txt", ".R", ".svg", ".bib", ".qmd", ""}
OLD_NAME = re.compile(rb"(?<![0-9A-Za-z])P\d{4,}(?![0-9A-Za-z])")


NOBODY = Citing()


@dataclass(frozen=True)
class Wanted:
    """What goes into a package.

    Attributes
    ----------
    study_number : of the study in the database; None is the latest.
    simulated : the simulated participants in place of the real ones.
    free_text : with what participants wrote in their own words.
    without : columns to leave out.
    analyse : whether to analyse the data, where no ``results`` are given.
    results : folder of an analysis of these data, to be taken as it is.
    stimuli : folder of the set, for its audio; None is where the study names it.
    citing : authors and licences; with a licence of the audio, the audio goes in.
    """

    study_number: int | None = None
    simulated: bool = False
    free_text: bool = False
    without: Sequence[str] = ()
    analyse: bool = True
    results: Path | None = None
    stimuli: Path | None = None
    citing: Citing = NOBODY


@dataclass(frozen=True)
class Package:
    """A package that was made: where it is, and what to look at before it is published."""

    folder: Path
    archive: Path
    participants: int
    notices: list[str]


def package(engine: Engine, out: Path, wanted: Wanted, step: Step) -> Package:
    """Make a package: the folder ``out``, and the zip file beside it.

    Raises
    ------
    ValueError
        There is nothing to publish, the results are of other data, the audio is another set's, or something that
        identifies a participant would be in it; in one sentence.
    """
    out = out.resolve()
    step("reading")
    found = publication.read(
        engine, wanted.study_number, wanted.simulated, free_text=wanted.free_text, without=wanted.without
    )
    if wanted.results:
        _refuse_others(found, wanted.results)
    with whole_folder(out) as folder:
        step("data")
        _write(folder, _data(found) | _materials(found, wanted.citing))
        manifest = Manifest.load((folder / layout.MANIFEST).parent)
        _write(folder, {"materials/stimuli/manifest.csv": manifest.to_csv()})
        if wanted.citing.audio_licence:
            step("audio")
            _copy_audio(found, wanted.stimuli, folder / "materials/stimuli/audio")
        _results(found, wanted, folder / "results", step)
        _, asked = publication.alone(found)
        _write(folder, {"README.md": pages.readme(found, wanted.citing, _contents(folder), asked)})
        step("checking")
        _refuse_identifying(folder, found)
    step("archive")
    names = [line.partition("  ")[2] for line in (out / SUMS).read_text(encoding="utf-8").splitlines()]
    archive = out.with_name(f"{out.name}.zip")
    zipped(out, [*names, SUMS], archive)
    return Package(out, archive, found.counts["published"], notices(found, wanted))


def summary(made: Package) -> list[str]:
    """Say what was made, and what is to be looked at."""
    size = made.archive.stat().st_size / 1e6
    n = counted(made.participants, "participant")
    return [
        f"The answers of {n} are packaged in {made.folder}, and in {made.archive.name} ({size:.1f} MB).",
        *made.notices,
    ]


def notices(found: Publication, wanted: Wanted) -> list[str]:
    """What an author is to look at before publishing."""
    said = []
    alone, asked = publication.alone(found)
    if alone:
        said.append(
            f"{alone} of {found.counts['published']} participants are the only ones with their answers to "
            f"{', '.join(asked)}: who knows them may find them, unless a column is left out."
        )
    if wanted.free_text:
        said.append("What participants wrote in their own words is in it, as you asked: read it before you publish it.")
    if not wanted.citing.licence:
        said.append("No licence is stated, so nobody may use the data: state one, such as CC-BY-4.0.")
    return said


def _write(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def _data(found: Publication) -> dict[str, str]:
    """The tables, each with the file that describes its columns."""
    texts = {}
    for name, table in found.tables.items():
        place = layout.data_file(found.study.id, name)
        texts[place] = tables.as_csv(table)
        texts[place.removesuffix(".csv") + ".json"] = psych_ds.sidecar(name, found)
    return texts


def _materials(found: Publication, citing: Citing) -> dict[str, str]:
    """What describes the data and what made them."""
    first, last = found.months
    title = found.definition.text(found.definition.title, found.definition.languages[0])
    about = {
        "name": title,
        "description": pages.summary(found),
        "temporalCoverage": first if first == last else f"{first}/{last}",
        "inLanguage": found.definition.languages,
        "citation": pages.citation(found, citing),
        "author": [{"@type": "Person", "name": name} for name in citing.authors],
        "license": citing.licence,
    }
    made_with = environment(json.loads(found.study.manifest).get("model_hash"), found.study.versions)
    return {
        layout.DESCRIPTION: psych_ds.description(found, {key: value for key, value in about.items() if value}),
        ".psychds-ignore": psych_ds.IGNORED,
        layout.STUDY_FILE: json.dumps(publication.study_file(found), indent=1, ensure_ascii=False) + "\n",
        layout.MANIFEST: found.study.manifest,
        "documentation/dictionary.md": _dictionary(found),
        "documentation/environment.json": json.dumps(made_with, indent=1) + "\n",
    }


def _dictionary(found: Publication) -> str:
    return f"{dictionary.as_markdown(found.columns)}\n{wording.as_markdown(found.definition)}"


def _copy_audio(found: Publication, folder: Path | None, out: Path) -> None:
    """Copy the sounds of the set that the study was created with."""
    if folder is None:
        folder = set_folder(found.definition.stimuli)
    stimuli = StimulusSet.load(folder)
    if stimuli.sha256 != found.study.manifest_sha256:
        raise ValueError(f"The set in {folder} is not the one that the study was created with: name that with --set.")
    stimuli.files.check()
    out.mkdir(parents=True)
    for row in stimuli.rows:
        if (path := stimuli.audio_path(row.id)) is not None:
            shutil.copyfile(path, out / path.name)


def _results(found: Publication, wanted: Wanted, out: Path, step: Step) -> None:
    """Take the results that are given, or make them."""
    if wanted.results:
        shutil.copytree(wanted.results, out)
    elif wanted.analyse:
        from app.commands.analysis import analyse_made

        simulated = True if wanted.simulated else None
        stated, manifest = publication.study_file(found), json.loads(found.study.manifest)
        analyse_made(found.analysed, stated, manifest, out, step, simulated)


def _refuse_others(found: Publication, results: Path) -> None:
    """Refuse results whose participants are not those of the package."""
    if not results.is_dir():
        raise ValueError(f"There is no folder {results} of results.")
    hint = (
        "analyse the package itself (`semantic-eq analyse PACKAGE --out RESULTS`) and package again with these results"
    )
    for path in sorted(path for path in results.rglob("*") if path.suffix in TEXTS and path.is_file()):
        if name := OLD_NAME.search(path.read_bytes()):
            raise ValueError(
                f"{path} names {name[0].decode()}, a participant by their number in the order of starting: {hint}."
            )
    ratings = results / "ratings.csv"
    if ratings.is_file():
        there = set(pd.read_csv(ratings, dtype=str)["participant"])
        if others := sorted(there - set(found.tables["sessions"]["participant"])):
            raise ValueError(f"{ratings} names the participant {others[0]}, who is not in the package: {hint}.")


def _refuse_identifying(folder: Path, found: Publication) -> None:
    """Refuse what holds an id, a code or a receipt of a participant; a package is what is promised, or is not made."""
    words = {each for each in found.identifying if re.fullmatch(r"\w+", each, re.ASCII)}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in TEXTS):
        text = path.read_text(encoding="utf-8", errors="replace")
        held = words & set(re.findall(r"\w{6,}", text, re.ASCII))
        held |= {each for each in found.identifying - words if each in text}
        if held:
            raise ValueError(
                f"{path.relative_to(folder)} would hold {min(held)!r}, an id or code of a participant, so nothing is "
                "packaged: leave the column out."
            )


def _contents(folder: Path) -> dict[str, str]:
    """What the package holds, in the order in which it is read."""
    known = {
        "data/": "a table a file (CSV, UTF-8) and what its columns mean (JSON)",
        "documentation/dictionary.md": "every column; every question with its scale and labels, in every language",
        "documentation/environment.json": "versions of Python and every package, operating system, the model's hash",
        "materials/study.json": "the study file: texts, design, screening rules; `semantic-eq serve --study` takes it",
        "materials/stimuli/manifest.json": "every sound: clip, condition, descriptor, EQ, loudness, SHA-256",
        "materials/stimuli/audio/": "the sounds",
        "results/report.html": "the report, with the tables and figures beside it",
        "results/exclusions.csv": "who was left out, by which rule, with the value and the limit",
        "results/reproduce.R": "the same tables by R's own packages",
        layout.DESCRIPTION: "the whole as a machine reads it",
        SUMS: "SHA-256 of every file",
    }
    return {place: what for place, what in known.items() if place == SUMS or (folder / place).exists()}
