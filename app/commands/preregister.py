"""`semantic-eq study preregister`: freeze a study and its analysis before it begins."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.places import Set, set_folder

if TYPE_CHECKING:
    from study.design.definition import Definition

SIMULATED = "simulated"
SIMULATED_PARTICIPANTS = 12


def preregister(
    file: Annotated[Path, typer.Argument(help="Study file to freeze.")],
    out: Annotated[
        Path | None, typer.Option(help="New folder; default: the study file's analysis.preregistration.")
    ] = None,
    stimuli_set: Set = None,
    compare: Annotated[
        tuple[str, str] | None, typer.Option(help="Conditions A B of the main question; default: semantic static.")
    ] = None,
    participants: Annotated[
        int | None, typer.Option(min=2, help="Planned number; default: the last look, else the study's cap.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated listeners.")] = 0,
) -> None:
    """Freeze study file, set and analysis by hash, with the tables as they would look on simulated data.

    `analyse --preregistration FOLDER` then reports every deviation.
    """
    from analysis.statistics.results import compared_conditions
    from analysis.writing.folder import whole_folder
    from app import preregistration
    from study.design.definition import load
    from study.design.stimuli import StimulusSet

    definition = load(file)
    folder = out or Path(definition.analysis.preregistration or preregistration.DEFAULT)
    if (folder / preregistration.NAME).exists():
        raise ValueError(f"{folder} holds a preregistration already, which is not to be changed: name another folder.")
    stimuli = StimulusSet.load(set_folder(stimuli_set or definition.stimuli))
    plan = preregistration.frozen(
        definition, stimuli, compared_conditions(definition.conditions, compare), participants
    )
    with whole_folder(folder) as new:
        n = max([*plan["participants"], 2]) if plan["participants"] else SIMULATED_PARTICIPANTS
        _simulate(definition, stimuli.folder, plan["compared"], n, seed, new / SIMULATED)
        (new / "study.toml").write_bytes(file.read_bytes())
        (new / "manifest.json").write_text(stimuli.text, encoding="utf-8")
        names = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
        files = {name: hashlib.sha256((new / name).read_bytes()).hexdigest() for name in names}
        plan |= {"registered_at": datetime.now(UTC).isoformat(timespec="seconds"), "files": files}
        content = json.dumps(plan, ensure_ascii=False, indent=1) + "\n"
        (new / preregistration.NAME).write_text(content, encoding="utf-8")
        seal = hashlib.sha256(content.encode()).hexdigest()
        _write_pages(plan, definition, seal, n, new)
    typer.echo(f"The study is frozen in {folder}: read {folder / 'preregistration.html'}.")
    typer.echo(f"Seal: {seal}")


def _simulate(
    definition: Definition, stimuli: Path | None, compared: list[str] | None, n: int, seed: int, out: Path
) -> None:
    """Analyse the study's own simulated listeners into a folder."""
    from analysis.analyse import Settings
    from app.commands import paradigms
    from app.commands.tables import Tables, from_database
    from study.design.sections import Recruitment
    from study.sessions.rehearsal import rehearse
    from study.sessions.running import RunningStudy

    open_to_all = definition.model_copy(update={"recruitment": Recruitment()})
    with TemporaryDirectory() as place:
        url = f"sqlite:///{place}/study.sqlite"
        running = RunningStudy.open(url, open_to_all, stimuli)
        try:
            rehearse(running, n, seed=seed)
        finally:
            running.close()
        pair = (compared[0], compared[1]) if compared else None
        none: dict[str, list[str] | None] = {"condition": None, "descriptor": None}
        tables = Tables(Settings(compared=pair), none, none, simulated=True)
        paradigms.analyse_all(from_database(url, None, tables), out, lambda step: None)


def _write_pages(plan: dict[str, Any], definition: Definition, seal: str, n: int, folder: Path) -> None:
    from markdown_it import MarkdownIt

    from analysis.writing import report

    text = page(plan, definition, n)
    title = f"Preregistration: {definition.text(definition.title, definition.languages[0])}"
    sealed = f"{text}\nSeal (SHA-256 of preregistration.json): `{seal}`\n"
    (folder / "preregistration.md").write_text(f"# {title}\n\n{sealed}", encoding="utf-8")
    html = MarkdownIt("commonmark").enable("table").render(sealed)
    (folder / "preregistration.html").write_text(report.page(title, [], False, [html]), encoding="utf-8")


def page(plan: dict[str, Any], definition: Definition, n: int) -> str:
    """Say in Markdown what is frozen."""
    rules = "\n".join(f"| {name} | {limit} |" for name, limit in plan["study"]["screening"].items())
    lines = [
        f"Registered at {plan['registered_at']}. Files by SHA-256: study file `{plan['study_sha256']}`, stimulus set "
        f"`{plan['set_sha256']}`, analysis {plan['analysis']['version']} `{plan['analysis']['sources_sha256']}`.",
        "## Design",
        f"Conditions: {', '.join(definition.conditions)}. Descriptors: "
        f"{', '.join(each.name for each in definition.descriptors)}. {_stopping(plan, definition)}",
        *_looks(definition),
        "## Question",
        f"{_question(plan, definition)} The main model, its reduction and its tests are those of the analysis frozen "
        f"above; [methods]({SIMULATED}/methods.md) says them in words.",
        "## Screening",
        f"| rule | limit |\n| --- | --- |\n{rules}",
        "## On simulated data",
        f"[The report]({SIMULATED}/report.html) of {n} simulated listeners shows every table and figure as it will "
        "be; its numbers say nothing about people.",
    ]
    return "\n\n".join(lines) + "\n"


def _looks(definition: Definition) -> list[str]:
    """Give the planned looks and the p below which each stops the study."""
    from analysis.statistics.sequential import Looks

    planned = definition.analysis
    if not planned.looks:
        return []
    limits = Looks(tuple(planned.looks), planned.spending).limits()
    rows = "\n".join(f"| {row.look} | {row.participants} | {row.alpha:.5f} |" for row in limits.itertuples())
    return ["## Looks", f"| look | participants | stops where p is below |\n| ---: | ---: | ---: |\n{rows}"]


def _question(plan: dict[str, Any], definition: Definition) -> str:
    if plan["compared"] is None:
        return "No conditions are compared."
    effect = definition.analysis.smallest_effect
    margin = (
        "no smallest effect of interest is stated" if effect is None else f"equivalence is within {effect:g} points"
    )
    return f"Main question: {' minus '.join(plan['compared'])}; {margin}."


def _stopping(plan: dict[str, Any], definition: Definition) -> str:
    looks, planned = definition.analysis.looks, plan["participants"]
    if looks:
        spending = {"obrien_fleming": "O'Brien and Fleming", "pocock": "Pocock"}[definition.analysis.spending]
        at = ", ".join(map(str, looks))
        return f"The study may stop at {at} completed participants; alpha is spent as by {spending}."
    if not planned:
        return "No number of participants is planned."
    return f"The study stops at {planned[0]} completed participants."
