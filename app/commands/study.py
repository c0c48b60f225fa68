"""Commands of the study group: the study file, and the running study."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.attack import attack
from app.commands.places import DATABASE_URL, SETS, DatabaseUrl, Set, Simulated, set_folder
from app.commands.preregister import preregister
from app.commands.rehearse import rehearse

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from study.design.definition import Definition
    from study.design.describe import Description
    from study.design.webmushra import Imported

LANGUAGE_CODE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # BCP 47
StudyFile = Annotated[Path | None, typer.Argument(help="Study file; default: the shipped one.")]


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    group = typer.Typer(help="The study file and the running study.", no_args_is_help=True)
    watched = (create, status, pause, resume, close, invite, links, readmit)
    for command in (check, new, language, preregister, rehearse, *watched, attack):
        group.command()(command)
    group.command("begin", hidden=True)(create)  # its name up to 0.1
    imports = typer.Typer(help="Study files from other programs.", no_args_is_help=True)
    imports.command()(webmushra)
    group.add_typer(imports, name="import")
    cli.add_typer(group, name="study")


def check(file: StudyFile = None, stimuli_set: Set = None) -> None:
    """Explain a study file: trials, minutes, balance, what is missing; exit code 1 where it cannot be served."""
    from study.design.definition import SHIPPED, load

    definition = load(file)
    facts, missing, refused = explained(definition, set_folder(stimuli_set or definition.stimuli))
    typer.echo(f"{file or SHIPPED.name}: {definition.text(definition.title, definition.languages[0])}")
    for heading, lines in facts.items():
        typer.echo(f"\n{heading}\n" + "\n".join(f"  {line}" for line in lines))
    typer.echo("\nMissing\n" + "\n".join(f"  {line}" for line in missing) if missing else "\nNothing is missing.")
    if refused:
        raise ValueError(refused)


def explained(definition: Definition, folder: Path) -> Description:
    """What a study means with the set in a folder, and why it cannot be served where it cannot."""
    from study.design.describe import describe
    from study.design.stimuli import StimulusSet

    stimuli = StimulusSet.load(folder) if (folder / "manifest.json").exists() else None
    found = describe(definition, stimuli)
    if stimuli is None and folder != SETS / "default":  # that one is built at the first start
        refused = f"No stimulus set in {folder}: build it (`semantic-eq stimuli build`) or name another with --set."
        return found._replace(refused=refused)
    return found


def new(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("study.toml"),
    template: Annotated[
        str, typer.Option(help="Way of asking: rating (the shipped study), quality, pairs, multistimulus or abx.")
    ] = "rating",
) -> None:
    """Write a study file to start from."""
    from stimuli.manifest import write_whole
    from study.design import templates

    if file.exists():
        raise ValueError(f"{file} already exists: name another file.")
    write_whole(file, templates.template(template).encode())
    typer.echo(f"{file} is written: change it, then `semantic-eq study check {file}`.")


def language(
    code: Annotated[str, typer.Argument(help="Code of the language, such as fr or pt-BR.")],
    out: Annotated[Path | None, typer.Option(help="The new file; default: CODE.json.")] = None,
    source: Annotated[str, typer.Option("--from", help="Language to translate from.")] = "en",
) -> None:
    """Write all texts of the page into a file, to be translated and named in the study file's `[messages]`."""
    from stimuli.manifest import write_whole
    from study.design import texts

    if not LANGUAGE_CODE.fullmatch(code):
        raise ValueError(f"{code!r} is not the code of a language, such as fr or pt-BR.")
    file = out or Path(f"{code}.json")
    if file.exists():
        raise ValueError(f"{file} already exists: name another file with --out.")
    content = texts.template(source)
    write_whole(file, content.encode())
    typer.echo(f"{file} is written: translate its {len(json.loads(content))} texts, then add to the study file")
    languages = ", ".join(f'"{each}"' for each in dict.fromkeys(("en", code)))
    typer.echo(f'languages = [{languages}]\nmessages = {{ {code} = "{file.name}" }}')


def webmushra(
    config: Annotated[Path, typer.Argument(help="Configuration of webMUSHRA (YAML).")],
    out: Annotated[Path, typer.Option(help="The new study file.")] = Path("study.toml"),
    root: Annotated[
        Path | None, typer.Option(help="Folder that the paths of the sounds begin at; default: webMUSHRA's own.")
    ] = None,
    stimuli_set: Annotated[
        Path | None, typer.Option("--set", help="New folder for the sounds; default: data/stimuli/TESTID.")
    ] = None,
) -> None:
    """Turn a configuration of webMUSHRA into a study file, and its sounds, if they are there, into a set."""
    import tomlkit

    from stimuli.manifest import write_whole
    from study.design import webmushra
    from study.design.definition import parse

    if out.exists():
        raise ValueError(f"{out} already exists: name another file with --out.")
    imported = webmushra.read(config.read_text(encoding="utf-8"))
    parse(imported.study, f"what {config.name} would become")
    write_whole(out, tomlkit.dumps(imported.study).encode())
    typer.echo(f"{out} is written: look at it with `semantic-eq study check {out}`.")
    root = root or (config.parent.parent if config.parent.name == "configs" else config.parent)
    typer.echo(_taken_in(imported, root, stimuli_set or SETS / imported.study["stimuli"]))
    typer.echo("\nLeft out\n" + "\n".join(f"  {each}" for each in imported.left_out) if imported.left_out else "")


def _taken_in(imported: Imported, root: Path, folder: Path) -> str:
    """Build the set of the sounds that a configuration names, where all are there; what became of them."""
    from stimuli.readymade import Readymade, build_readymade
    from study.design.webmushra import DESCRIPTOR, REFERENCE

    sounds = [Readymade(each.clip, each.condition, root / each.path) for each in imported.sounds]
    if missing := [sound.path for sound in sounds if not sound.path.is_file()]:
        return f"No set is built: {len(missing)} of {len(sounds)} sounds are not there, the first {missing[0]}."
    anchors_of = REFERENCE if imported.anchors else None
    build_readymade(folder, sounds, DESCRIPTOR, name=folder.name, anchors_of=anchors_of)
    return f"{len(sounds)} sounds are in {folder}, all at the same loudness."


def create(file: StudyFile = None, stimuli_set: Set = None, database_url: DatabaseUrl = DATABASE_URL) -> None:
    """Create a new study in the database; the data of earlier ones stay."""
    from study.design.definition import load
    from study.sessions.running import RunningStudy

    folder = set_folder(stimuli_set or load(file).stimuli)
    running = RunningStudy.open(database_url, load(file), folder, create=True)
    running.close()
    typer.echo(f"Study {running.study_id} is created: {running.trials} trials, about {running.minutes} minutes.")


def status(database_url: DatabaseUrl = DATABASE_URL, simulated: Simulated = False) -> None:
    """Show how many participants started, completed and left; with --simulated, of the simulated ones."""
    from study.recruitment import overview
    from study.storage.database import opened

    with opened(database_url) as engine:
        for name, value in overview(engine, simulated).items():
            shown = ", ".join(f"{key}: {n}" for key, n in value.items()) if isinstance(value, dict) else value
            typer.echo(f"{name:>18}  {'-' if shown in (None, '') else shown}")
        if not simulated and (n := overview(engine, True)["started"]):
            typer.echo(f"Simulated participants are not counted: {n} started (--simulated).")


def pause(database_url: DatabaseUrl = DATABASE_URL) -> None:
    """Admit no new participants for now; those in progress may finish."""
    _set_state(database_url, "paused")


def resume(database_url: DatabaseUrl = DATABASE_URL) -> None:
    """Admit new participants again."""
    _set_state(database_url, "open")


def close(database_url: DatabaseUrl = DATABASE_URL) -> None:
    """Admit no more participants; those in progress may finish."""
    _set_state(database_url, "closed")


def invite(
    n: Annotated[int, typer.Option("-n", min=1, help="Number of codes.")] = 1,
    note: Annotated[str, typer.Option(help="A note to keep with the codes.")] = "",
    database_url: DatabaseUrl = DATABASE_URL,
) -> None:
    """Make invitation codes, one line each; a study asks for them when its file says `invitation = true`."""
    from study.recruitment import invite as make
    from study.storage.database import opened

    with opened(database_url) as engine:
        typer.echo("\n".join(make(engine, n, note)))
        if not _definition(engine).recruitment.invitation:
            typer.echo("The study asks for no invitation, so anybody may come without one.", err=True)


def links(
    ids: Annotated[Path, typer.Argument(help="CSV file with the ids in its first column, or one id per line.")],
    url: Annotated[str, typer.Option(help="Where participants reach the study.")] = "http://127.0.0.1:7860",
    out: Annotated[Path, typer.Option(help="The new file: id, link.")] = Path("links.csv"),
    database_url: DatabaseUrl = DATABASE_URL,
) -> None:
    """Write a signed link for each id; `id_signed = true` in the study file takes ids from such links only."""
    import csv
    import io

    from study.recruitment import links as sign
    from study.storage.database import opened
    from study.storage.private import write_whole

    with opened(database_url) as engine:
        named = _ids(ids, engine)
        signed = sign(engine, named, url)
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([("id", "link"), *zip(named, signed, strict=True)])
    write_whole(out, table.getvalue().encode())  # private: who has a link is that participant
    typer.echo(f"{len(named)} links are in {out}.")


def _ids(path: Path, engine: Engine) -> list[str]:
    """The first column of a file, without its header where it has one."""
    import csv

    name = _definition(engine).recruitment.id_parameter
    with path.open(encoding="utf-8-sig", newline="") as file:
        column = [row[0].strip() for row in csv.reader(file) if row and row[0].strip()]
    headers = {"id", "participant", "participant id", str(name).lower()}
    column = column[1:] if column and column[0].lower() in headers else column
    if not column:
        raise ValueError(f"{path} has no ids: it needs one in the first column of each line.")
    return column


def readmit(
    who: Annotated[str, typer.Argument(help="The id that the participant came with, session, or participant (P0007).")],
    database_url: DatabaseUrl = DATABASE_URL,
) -> None:
    """Let one participant continue in another browser with their id or invitation alone, once, within a day."""
    from study.recruitment import readmit as open_to
    from study.storage.database import opened

    with opened(database_url) as engine:
        typer.echo(f"{open_to(engine, who)} may go on in another browser once, within 24 hours.")


def _definition(engine: Engine) -> Definition:
    """The running study's file."""
    from study.design.frozen import definition_of
    from study.storage.database import reading
    from study.storage.studies import study_row

    with reading(engine) as connection:
        return definition_of(study_row(connection))


def _set_state(database_url: str, state: str) -> None:
    from study.recruitment import set_state
    from study.storage.database import opened

    with opened(database_url) as engine:
        set_state(engine, state)
    typer.echo(f"The study is {state}.")
