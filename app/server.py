"""The web application: the participant's page, the playground, the admin page and the endpoints behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from app import gradio_pages
from app.admin import endpoints as admin
from app.admin import login
from app.admin import page as admin_page
from app.admin.access import Access, AdminGate
from app.observing import Metrics, Observe, log_json_lines
from app.participant import endpoints
from app.participant import page as participant
from app.playground import decoding, page
from app.playground import endpoints as playground
from app.playground.store import ClipStore, UnknownClip
from app.security import BodyLimit, GradioGate, SecurityHeaders, error
from app.settings import Settings
from study.database import reading
from study.running import RunningStudy

PAGES = ("/study", "/playground", "/admin")
BODY_LIMIT_BYTES = 64_000


def create_app(settings: Settings) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    settings : what this server needs to know.

    Returns
    -------
    FastAPI
        The application; it holds no state in memory that a participant needs, so any number of processes may run it.

    Raises
    ------
    ValueError
        In one sentence: no stimulus set, a database that cannot be used, or one begun with another study.
    """
    running = RunningStudy.open(settings.database_url, settings.study_file, settings.stimuli)
    clips = ClipStore(settings.playground_folder) if settings.playground != "off" else None
    app = FastAPI(title="Listening study", openapi_url=None, redirect_slashes=False, lifespan=_closing(running, clips))
    app.state.settings = settings
    app.state.running = running
    app.state.metrics = Metrics()
    app.state.access = Access(settings.admin_token.get_secret_value())
    _handle_errors(app)
    _add_redirects(app)
    _add_health(app)
    app.include_router(endpoints.router(running, allow_simulated=settings.allow_simulated))
    app.include_router(participant.router())
    gradio_pages.mount(app, participant.blocks(), "/study", settings.root_path, theme=participant.theme())
    _add_admin(app, settings)
    if clips:
        _add_playground(app, settings, clips)
    _add_middleware(app, settings)
    return app


def _closing(running: RunningStudy, clips: ClipStore | None):
    """What runs around the server's life: at its end, commits are finished, the database let go, clips deleted."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(running.close)
        if clips:
            clips.close()

    return lifespan


def from_environment() -> FastAPI:
    """The application of a worker process, with the settings that `semantic-eq serve` left in the environment."""
    settings = Settings.from_environment()
    log_json_lines(settings.log_requests)
    return create_app(settings)


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """From the inside out: the last one added meets a request first."""
    guarded = ["/admin", "/api/admin", "/metrics"]
    if settings.playground == "admin":
        guarded += ["/playground", "/api/playground"]
    app.add_middleware(GradioGate, gradio=PAGES)
    app.add_middleware(AdminGate, access=app.state.access, prefixes=tuple(guarded))
    larger = {playground.UPLOAD_PATH: decoding.UPLOAD_LIMIT_BYTES}
    app.add_middleware(BodyLimit, limit_bytes=BODY_LIMIT_BYTES, larger=larger)
    app.add_middleware(Observe, metrics=app.state.metrics)
    app.add_middleware(
        SecurityHeaders,
        frame_ancestors=settings.frame_ancestors,
        gradio=PAGES,
        documents=[admin.REPORT_PATH],
        heads={"/study": participant.HEAD},
    )


def _add_admin(app: FastAPI, settings: Settings) -> None:
    app.include_router(login.router(app.state.access))
    app.include_router(admin.router(app.state.running, app.state.access))
    app.include_router(admin_page.ASSETS.router())
    gradio_pages.mount(app, admin_page.blocks(), "/admin", settings.root_path, head=admin_page.ASSETS.head)


def _add_playground(app: FastAPI, settings: Settings, clips: ClipStore) -> None:
    app.include_router(playground.router(clips))
    app.include_router(page.ASSETS.router())
    gradio_pages.mount(app, page.blocks(), "/playground", settings.root_path, head=page.ASSETS.head)


def _add_redirects(app: FastAPI) -> None:
    def to(page: str):
        async def redirect(request: Request) -> Response:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{request.scope.get('root_path', '')}{page}/{query}", 307)

        return redirect

    app.add_api_route("/", to("/study"), methods=["GET", "HEAD"], include_in_schema=False)
    for path in PAGES:
        app.add_api_route(path, to(path), methods=["GET", "HEAD"], include_in_schema=False)


def _add_health(app: FastAPI) -> None:
    @app.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/health/ready")
    def ready() -> JSONResponse:
        missing = _what_is_missing(app)
        return JSONResponse({"status": "waiting" if missing else "ready", "missing": missing}, 503 if missing else 200)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(app.state.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _what_is_missing(app: FastAPI) -> list[str]:
    running: RunningStudy = app.state.running
    missing = [] if (running.stimuli.folder / "manifest.json").is_file() else ["stimuli"]
    try:
        with reading(running.engine) as connection:
            connection.execute(text("SELECT 1"))
    except DBAPIError:
        missing.append("database")
    return missing


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def known(request: Request, raised: HTTPException) -> Response:
        code = {404: "not_found", 405: "method"}.get(raised.status_code, "refused")
        return error(raised.status_code, code, str(raised.detail), dict(raised.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, raised: RequestValidationError) -> Response:
        first = raised.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return error(422, "invalid", f"{where}: {first['msg']}.")

    @app.exception_handler(UnknownClip)
    async def unknown_clip(request: Request, raised: UnknownClip) -> Response:
        return error(404, "unknown_clip", str(raised))

    @app.exception_handler(decoding.UnreadableError)
    async def unreadable(request: Request, raised: decoding.UnreadableError) -> Response:
        return error(400, "unreadable", str(raised))

    @app.exception_handler(ValueError)
    async def wrong(request: Request, raised: ValueError) -> Response:
        return error(400, "invalid", str(raised))
