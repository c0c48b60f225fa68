"""The web application: the participant's page, the playground, the admin page and the endpoints behind them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from app import audience, gradio_pages
from app.admin import endpoints as admin
from app.admin import login
from app.admin import page as admin_page
from app.admin.access import Access
from app.alarms import Alarms
from app.audience import Audience
from app.gradio_import import gr
from app.observing import CAUSE, Metrics, Observe, log_json_lines
from app.participant import endpoints
from app.participant import page as participant
from app.participant.rendering import Renderer
from app.playground import decoding, page
from app.playground import endpoints as playground
from app.playground.store import ClipStore, UnknownClip
from app.playground.workers import Busy, Workers, WorkFailed
from app.security import SecurityHeaders, error
from app.settings import Settings
from study.sessions.running import RunningStudy


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
        In one sentence: no stimulus set, a database that cannot be used, or one created with another study.
    """
    running = RunningStudy.open(settings.database_url, settings.study_file, settings.stimuli)
    clips = ClipStore(settings.playground_folder) if settings.playground != "off" else None
    workers, renderer = Workers(), Renderer(running)
    app = FastAPI(
        title="Listening study",
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_closing(running, clips, workers, renderer),
    )
    app.state.settings = settings
    app.state.running = running
    app.state.alarms = Alarms(running)
    app.state.metrics = Metrics()
    app.state.renderer = renderer
    app.state.access = Access(settings.admin_token.get_secret_value(), running.engine)
    _handle_errors(app)
    _add_health(app)
    _add_study(app, settings)
    _add_admin(app, settings)
    if clips:
        _add_playground(app, settings, clips, workers)
    if forgotten := audience.undeclared(app.routes):
        raise ValueError(f"The routes {', '.join(forgotten)} declare no audience: add them to an `audience.router`.")
    _add_middleware(app, settings)
    return app


def _closing(
    running: RunningStudy, clips: ClipStore | None, workers: Workers, renderer: Renderer
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """What runs around the server's life: at its end, commits are finished, the database let go, clips deleted."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(renderer.close)
        await run_in_threadpool(running.close)
        await run_in_threadpool(workers.close)
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
    app.add_middleware(Observe, metrics=app.state.metrics)
    app.add_middleware(SecurityHeaders, frame_ancestors=settings.frame_ancestors)


def _add_study(app: FastAPI, settings: Settings) -> None:
    _add_redirect(app, "/", "/study", Audience.PUBLIC)
    app.include_router(
        endpoints.router(
            app.state.running,
            allow_simulated=settings.allow_simulated,
            alarms=app.state.alarms,
            renderer=app.state.renderer,
        )
    )
    app.include_router(participant.router())
    _add_page(
        app, settings, "/study", participant.blocks(), Audience.PUBLIC, participant.HEAD, theme=participant.theme()
    )


def _add_admin(app: FastAPI, settings: Settings) -> None:
    app.include_router(login.router(app.state.access))
    app.include_router(admin.router(app.state.running, app.state.access))
    app.include_router(admin_page.ASSETS.router())
    _add_page(app, settings, "/admin", admin_page.blocks(), Audience.ADMIN, admin_page.ASSETS.head)


def _add_playground(app: FastAPI, settings: Settings, clips: ClipStore, workers: Workers) -> None:
    serves = Audience.PUBLIC if settings.playground == "open" else Audience.ADMIN
    app.include_router(playground.router(clips, workers, serves))
    app.include_router(page.ASSETS.router())
    _add_page(app, settings, "/playground", page.blocks(), serves, page.ASSETS.head)


def _add_page(
    app: FastAPI,
    settings: Settings,
    path: str,
    blocks: gr.Blocks,
    serves: Audience,
    head: str,
    theme: gr.themes.Base | None = None,
) -> None:
    """A page of Gradio's, and the way to it for who leaves out the slash at its end."""
    _add_redirect(app, path, path, serves)
    gradio_pages.mount(app, blocks, path, serves, settings.root_path, head, theme)


def _add_redirect(app: FastAPI, path: str, to: str, serves: Audience) -> None:
    routes = audience.router(serves, page=to.strip("/"))

    @routes.get(path)
    @routes.head(path)
    async def redirect(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{request.scope.get('root_path', '')}{to}/{query}", 307)

    app.include_router(routes)


def _add_health(app: FastAPI) -> None:
    everyone, scraper = audience.router(Audience.PUBLIC), audience.router(Audience.METRICS)

    @everyone.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @everyone.get("/health/ready")
    def ready(request: Request) -> JSONResponse:
        missing = _what_is_missing(app)
        request.scope[CAUSE] = ", ".join(missing)
        return JSONResponse({"status": "waiting" if missing else "ready", "missing": missing}, 503 if missing else 200)

    @scraper.get("/metrics")
    def metrics() -> Response:
        return Response(app.state.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    app.include_router(everyone)
    app.include_router(scraper)


def _what_is_missing(app: FastAPI) -> list[str]:
    return list(app.state.alarms.missing())


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

    @app.exception_handler(Busy)
    async def busy(request: Request, raised: Busy) -> Response:
        return error(429, "busy", str(raised), {"Retry-After": "1"})

    @app.exception_handler(WorkFailed)
    async def work_failed(request: Request, raised: WorkFailed) -> Response:
        request.scope[CAUSE] = str(raised)
        return error(503, "busy", "The equaliser did not answer: try again in a moment.", {"Retry-After": "2"})

    @app.exception_handler(ValueError)
    async def wrong(request: Request, raised: ValueError) -> Response:
        return error(400, "invalid", str(raised))
