"""The tab that runs a study: its server, who may come, how it fills, and what may be seen of it meanwhile."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

import gradio as gr

from app.admin import alerts, interim, watching
from app.commands.places import DATABASE_URL, set_folder
from app.commands.simulate import take_part
from app.participant.simulated import Crowd
from app.workbench import rehearsing
from app.workbench.errors import refused, reports_errors, warned
from app.workbench.places import new_folder
from app.workbench.servers import Server
from study import recruitment
from study.design import definition
from study.design.frozen import definition_of
from study.design.listeners import EFFECTS, Model
from study.design.stimuli import StimulusSet
from study.records import export
from study.storage.backup import backup as copy
from study.storage.database import opened, reading
from study.storage.studies import study_row

INTRODUCTION = """### Run the study
The server is a program of its own: it ends when you stop it or close the workbench, and answers that are under way are
stored first. What it stores stays in the database."""
HOSTS = {"this machine only": "127.0.0.1", "others may reach it": "0.0.0.0"}
STATES = {"Admit participants": "open", "Pause": "paused", "Close": "closed"}
QUALITY = {
    "participant": "participant",
    "state": "state",
    "rated": "rated",
    "checks_passed": "checks passed",
    "checks": "of",
    "headphones_passed": "headphones",
    "rt_ms": "median ms",
    "same": "modal share",
    "focus_losses": "lost focus",
}
RUNNING: list[Server] = []
NOT_RUNNING = "No server runs."


def fill(name: gr.Textbox | None = None) -> gr.Textbox:
    """Draw the tab; gives the database, which other tabs follow."""
    gr.Markdown(INTRODUCTION)
    with gr.Row():
        with gr.Column(min_width=300):
            file = gr.Textbox("study.toml", label="Study file")
            database = gr.Textbox(DATABASE_URL, label="Database")
            host = gr.Radio(list(HOSTS), value=next(iter(HOSTS)), label="Who can reach it")
            port = gr.Number(7860, label="Port", precision=0, minimum=1, maximum=65535)
            simulated = gr.Checkbox(label="Let simulated listeners take part, to try it")
            with gr.Row():
                start, stop = gr.Button("Start the server", variant="primary"), gr.Button("Stop it")
        with gr.Column(min_width=300):
            status = gr.Markdown(NOT_RUNNING, container=True, min_height=80)
            with gr.Accordion("Try it with simulated listeners", open=False):
                n = gr.Slider(1, 60, value=12, step=1, label="How many")
                send, came = gr.Button("Send them"), gr.Markdown("They are marked as simulated.", min_height=60)
            with gr.Accordion("Invitations and signed links", open=False):
                codes_wanted, note = gr.Number(10, label="Codes", precision=0), gr.Textbox(label="Note beside them")
                invite_them, codes = gr.Button("Make codes"), gr.Textbox(label="One for each participant", lines=4)
                ids = gr.Textbox(label="Ids, one per line: a signed link for each", lines=3)
                address = gr.Textbox("http://127.0.0.1:7860", label="Where participants reach the study")
                sign, links = gr.Button("Sign links"), gr.File(label="Links", interactive=False, height=110)
    rehearsing.fill(file)
    gr.Markdown("### How it goes")
    with gr.Row():
        look, of_simulated = gr.Button("Refresh"), gr.Checkbox(label="Simulated participants")
        states = [gr.Button(text) for text in STATES]
    overview = gr.Dataframe(headers=["what", "now"], label="Participants", interactive=False)
    quality = gr.Dataframe(headers=list(QUALITY.values()), label="How each answered", interactive=False, wrap=True)
    with gr.Accordion("Ratings so far", open=False):
        gr.Markdown(interim.INTERIM_WARNING)
        knows, show = gr.Checkbox(label="I know, and look all the same"), gr.Button("Show means so far")
        means = gr.Dataframe(headers=["word", "condition", "n", "mean", "95 % CI"], interactive=False)
    with gr.Row():
        save, take = gr.Button("Back up the database"), gr.Button("Export all data")
    files = gr.File(label="Written", interactive=False, height=110, visible=False)

    private: dict[str, Any] = {"api_visibility": "private"}
    if name is not None:
        name.change(lambda text: text, name, file, **private)
    start.click(start_server, [file, database, host, port, simulated], status, **private)
    stop.click(stop_server, None, status, **private)
    sent = send.click(send_simulated, [n, file], came, **private)
    seen = {"fn": progress_of, "inputs": [database, of_simulated], "outputs": [overview, quality], **private}
    sent.success(**seen)
    look.click(**seen)
    for button, state in zip(states, STATES.values(), strict=True):
        button.click(set_state, [database, gr.State(state)], None, **private).success(**seen)
    invite_them.click(invite, [database, codes_wanted, note], codes, **private)
    sign.click(sign_links, [database, ids, address], links, **private)
    show.click(means_so_far, [database, of_simulated, knows], means, **private)
    save.click(back_up, database, files, **private)
    take.click(export_all, database, files, **private)
    return database


@reports_errors
def start_server(file: str, database_url: str, host: str, port: float, simulated: bool) -> str:
    """Start the study's server; its addresses."""
    if any(server.is_running for server in RUNNING):
        raise refused("A server runs already: stop it first.")
    study = definition.load(Path(file))
    folder = set_folder(study.stimuli)
    if not (folder / "manifest.json").is_file():
        raise refused(f"No stimulus set in {folder}: build it in the tab Stimuli, or name another in the study file.")
    server = Server(Path(file), database_url, None, HOSTS[host], int(port), simulated)
    server.start()
    RUNNING[:] = [server]
    lines = [f"**{study.text(study.title, study.languages[0])}** is served:", ""]
    lines += [f"- participants: <{server.address}/study/>", f"- admin page: <{server.address}/admin/>"]
    lines += ["", "The admin page's token is in data/admin-token."]
    if server.host != "127.0.0.1":
        lines += ["", "Other machines reach it under this machine's own address, unencrypted: see the docs on serving."]
    return "\n".join(lines)


@reports_errors
def stop_server() -> str:
    """Stop the server."""
    while RUNNING:
        RUNNING.pop().stop()
    return NOT_RUNNING


@reports_errors
def send_simulated(n: float, file: str, progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008
    """Take simulated listeners through the running study."""
    if not RUNNING or not RUNNING[0].allow_simulated:
        raise refused("Start the server with simulated listeners allowed first.")
    crowd = Crowd(RUNNING[0].address, Model(dict(EFFECTS)), StimulusSet.load(set_folder(definition.load(file).stimuli)))
    total, done = int(n) * crowd.welcome()["trials"], 0

    def on_answer() -> None:
        nonlocal done
        done += 1
        progress((done, total), desc="Listening", unit="answers")

    crowd.on_answer = on_answer
    start = time.monotonic()
    tally = take_part(crowd, int(n), 12)
    return f"{tally.finished} of {int(n)} finished in {time.monotonic() - start:.0f} s: {tally.responses} answers."


@reports_errors
def progress_of(database_url: str, simulated: bool) -> tuple[list[list[str]], list[list[str]]]:
    """How far the study is, and how each participant answers."""
    with opened(database_url) as engine:
        found = recruitment.overview(engine, simulated)
        people = watching.quality(engine, simulated)
    overview = [["look at", sentence] for sentence in alerts.alerts(found, people)]
    overview += [[key.replace("begun", "created").replace("_", " "), _shown(value)] for key, value in found.items()]
    return overview, [[_shown(row.get(name)) for name in QUALITY] for row in people]


@reports_errors
def set_state(database_url: str, state: str) -> None:
    """Admit participants, pause or close."""
    with opened(database_url) as engine:
        recruitment.set_state(engine, state)
    gr.Info(f"The study is {state}.")


@reports_errors
def invite(database_url: str, n: float, note: str) -> str:
    """Invitation codes, one per line; a warning where the study asks for none."""
    with opened(database_url) as engine:
        with reading(engine) as connection:
            is_asked = definition_of(study_row(connection)).recruitment.invitation
        if not is_asked:
            warned("The study asks for no invitation, so anybody may come without one.")
        return "\n".join(recruitment.invite(engine, int(n), note))


@reports_errors
def sign_links(database_url: str, ids: str, address: str) -> str:
    """A table with a signed link for each id."""
    named = [line.strip() for line in ids.splitlines() if line.strip()]
    if not named:
        raise refused("There are no ids: write one per line.")
    with opened(database_url) as engine:
        signed = recruitment.links(engine, named, address)
    path = new_folder() / "links.csv"
    with path.open("w", encoding="utf-8", newline="") as table:
        csv.writer(table, lineterminator="\n").writerows([("id", "link"), *zip(named, signed, strict=True)])
    return str(path)


@reports_errors
def means_so_far(database_url: str, simulated: bool, knows: bool) -> list[list[str]]:
    """Mean ratings, after a warning; before the last of planned looks only what they decide, as on the admin page."""
    with opened(database_url) as engine:
        planned = interim.look(engine, simulated)
        if planned["planned"] and planned["completed"] < planned["planned"][-1]:
            at = ", ".join(map(str, planned["planned"]))
            return [["planned looks at", at, str(planned["completed"]), planned["decision"] or "none yet", ""]]
        if not knows:
            raise refused(interim.INTERIM_WARNING)
        rows, _ = interim.ratings_so_far(engine, simulated)
    numbers = ("mean", "ci_low", "ci_high")
    return [
        [row["descriptor"], row["condition"], str(row["n"]), mean, f"{low} to {high}"]
        for row in rows
        for mean, low, high in [[_number(row[name]) for name in numbers]]
    ]


@reports_errors
def back_up(database_url: str) -> Any:
    """A copy of the database, whole at one moment, under data/backups."""
    path = Path("data/backups") / f"study-{time.strftime('%Y%m%d-%H%M%S')}.sqlite"
    with opened(database_url) as engine:
        copy(engine, path)
    gr.Info(f"The copy is {path}.")
    return gr.File(str(path), visible=True)


@reports_errors
def export_all(database_url: str) -> Any:
    """All data of the study as one archive."""
    folder = new_folder()
    with opened(database_url) as engine:
        export.write(engine, folder)
    return gr.File(str((folder / "bundle.zip").rename(folder / "study.zip")), visible=True)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {n}" for key, n in value.items()) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value in (None, "") else (f"{value:.2f}" if isinstance(value, float) else str(value))
