"""The admin page's data and switches; every route of it serves the admin only."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask

from app import audience
from app.admin import alerts, interim, payment, watching
from app.admin.access import COOKIE, Access
from app.audience import Audience
from app.security import allow_scripts, error
from study import recruitment
from study.records import export
from study.sessions.running import RunningStudy

PREFIX = "/api/admin"
LOG = logging.getLogger("semantic_eq")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class State(_Body):
    """Whether the study takes newcomers."""

    state: Literal["open", "paused", "closed"]


class Invitations(_Body):
    """How many codes to make."""

    n: int = Field(ge=1, le=1000)
    note: str = Field("", max_length=200)


class Person(_Body):
    """A participant, by any of their names."""

    who: str = Field(min_length=1, max_length=128)


def router(running: RunningStudy, access: Access) -> APIRouter:
    """The endpoints below ``/api/admin``."""
    routes = audience.router(Audience.ADMIN, prefix=PREFIX)
    engine = running.engine

    @routes.get("")
    def overview(request: Request, simulated: bool = False) -> dict[str, Any]:
        return {
            "title": _in_english(running.definition.title),
            "form_key": access.form_key(request.cookies.get(COOKIE, "")),
            "signed_in": access.browsers(_this_browser(request)),
            "recruitment": recruitment.overview(engine, simulated),
            "arrivals": recruitment.arrivals(engine, simulated),
            "trials": running.trials,
            "minutes": running.minutes,
            "set": {"name": running.stimuli.content["name"], "stimuli": len(running.stimuli.rows)},
            "alarms": request.app.state.alarms.sentences(),
            "health": watching.health(engine, running.stimuli.place),
        }

    @routes.get("/quality")
    def quality(simulated: bool = False) -> dict[str, Any]:
        conditions = running.definition.conditions
        rows, sessions = watching.balance(engine, conditions, simulated), watching.quality(engine, simulated)
        found = alerts.alerts(recruitment.overview(engine, simulated), sessions)
        ids = recruitment.recruiters_ids(engine, simulated)
        named = [row | {"recruiters_id": ids.get(row["participant"])} for row in sessions]
        return {"sessions": named, "balance": rows, "alerts": found}

    @routes.get("/look")
    def look(simulated: bool = False) -> dict[str, Any]:
        return interim.look(engine, simulated)

    @routes.post("/ratings")
    def ratings(simulated: bool = False) -> dict[str, Any]:
        cells, scale = interim.ratings_so_far(engine, simulated)
        LOG.warning("ratings looked at while the study is running", extra={"fields": {"simulated": simulated}})
        return {"cells": cells, "scale": scale}

    @routes.post("/state")
    def state(wanted: State) -> dict[str, str]:
        recruitment.set_state(engine, wanted.state)
        return {"state": wanted.state}

    @routes.post("/invitations")
    def invitations(wanted: Invitations) -> dict[str, list[str]]:
        return {"codes": recruitment.invite(engine, wanted.n, wanted.note)}

    @routes.post("/readmit")
    def readmit(wanted: Person) -> dict[str, str]:
        return {"participant": recruitment.readmit(engine, wanted.who)}

    @routes.post("/withdraw")
    def withdraw(wanted: Person) -> dict[str, str]:
        return {"session": recruitment.withdraw(engine, wanted.who)}

    @routes.post("/sign-out", status_code=204)
    def sign_out(request: Request, response: Response) -> None:
        access.sign_out(request)
        response.delete_cookie(COOKIE, path=f"{request.scope.get('root_path', '')}/")

    @routes.post("/sign-out-others", status_code=204)
    def sign_out_others(request: Request) -> None:
        access.sign_out_others(_this_browser(request))

    @routes.get("/export")
    def bundle(simulated: bool | None = None, identifiers: bool = False) -> FileResponse:
        folder = tempfile.TemporaryDirectory(prefix="semantic-eq-export-")
        export.write(engine, folder.name, simulated, identifiers=identifiers)
        path = Path(folder.name) / "bundle.zip"
        done = BackgroundTask(folder.cleanup)
        return FileResponse(path, filename="study.zip", media_type="application/zip", background=done)

    @routes.get("/payment")
    def paid() -> Response:
        content = payment.table(engine, running.definition.recruitment.id_parameters).to_csv(index=False)
        headers = {"Content-Disposition": 'attachment; filename="payment.csv"'}
        return Response(content, media_type="text/csv; charset=utf-8", headers=headers)

    @routes.get("/stimuli/report", response_class=HTMLResponse)
    def report(request: Request) -> HTMLResponse:
        return HTMLResponse(allow_scripts(request.scope, _report(running.stimuli.place).read_bytes()))

    @routes.get("/stimuli/audio/{name}")
    def audio(name: str) -> Response:
        stimulus = name.removesuffix(".flac")
        if stimulus not in running.stimuli.by_id:
            return error(404, "not_found", "The set has no such sound.")
        if not running.stimuli.files.intact(stimulus):
            return error(404, "not_found", f"The file audio/{stimulus}.flac is missing or damaged.")
        return FileResponse(running.stimuli.place / "audio" / f"{stimulus}.flac", media_type="audio/flac")

    return routes


def _this_browser(request: Request) -> int | None:
    """The number of the admin's session; None for a program that holds the token."""
    return getattr(request.state, "admin_session", None)


def _report(folder: Path) -> Path:
    """The set's report, written at the first look; it plays ``audio/<id>.flac`` beside its own address."""
    path = folder / "report.html"
    if not path.is_file() or path.stat().st_mtime < (folder / "manifest.json").stat().st_mtime:
        from stimuli.checking.report import write_report
        from stimuli.manifest import Manifest

        write_report(Manifest.load(folder), path)
    return path


def _in_english(text: str | dict[str, str]) -> str:
    return text if isinstance(text, str) else text.get("en") or next(iter(text.values()))
