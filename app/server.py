"""The web application: the participant's page, the playground, the admin page and the endpoints behind them."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from app.admin import login
from app.admin.access import Access, AdminGate
from app.observing import Metrics, Observe, log_json_lines
from app.security import BodyLimit, GradioGate, SecurityHeaders, error
from app.settings import Settings

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
    """
    app = FastAPI(title="Listening study", openapi_url=None)
    app.state.settings = settings
    app.state.metrics = Metrics()
    app.state.access = Access(settings.admin_token.get_secret_value())
    _handle_errors(app)
    _add_redirects(app)
    _add_health(app)
    app.include_router(login.router(app.state.access))
    _add_middleware(app, settings)
    return app


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
    app.add_middleware(BodyLimit, limit_bytes=BODY_LIMIT_BYTES)
    app.add_middleware(Observe, metrics=app.state.metrics)
    app.add_middleware(SecurityHeaders, frame_ancestors=settings.frame_ancestors, gradio=PAGES)


def _add_redirects(app: FastAPI) -> None:
    def to(page: str):
        async def redirect(request: Request) -> Response:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{request.scope.get('root_path', '')}{page}/{query}", 307)

        return redirect

    app.add_api_route("/", to("/study"), methods=["GET", "HEAD"])
    for page in PAGES:
        app.add_api_route(page, to(page), methods=["GET", "HEAD"])


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
    folder = app.state.settings.stimuli
    return [] if (folder / "manifest.json").is_file() else ["stimuli"]


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

    @app.exception_handler(ValueError)
    async def wrong(request: Request, raised: ValueError) -> Response:
        return error(400, "invalid", str(raised))
