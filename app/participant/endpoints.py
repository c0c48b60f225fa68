"""The study's JSON endpoints: a thin skin over `study.session`; docs/http.md is their description."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from markdown_it import MarkdownIt
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from app.alarms import Alarms
from app.audience import Audience, Declared
from app.observing import CAUSE, database_cause
from app.participant.masking import key_of, mask
from app.participant.rendering import Renderer
from study import clock
from study.design.client import MAX_USER_AGENT
from study.refusals import Refusal
from study.sessions import session, sounds, starting
from study.sessions.running import RunningStudy
from study.storage.database import reading
from study.storage.identity import remembered_s

COOKIE = "study_session"
COOKIE_S = 60 * 24 * 3600
MAX_PAGE = 64
MASKED = "application/octet-stream"
# No ETag and no Last-Modified, so no 304, and no ranges: an address gives the same masked bytes for as long as its
# session lasts, and anything that followed from the file would tell which one it is.
AUDIO_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Accept-Ranges": "none",
}
STATUS = {
    "id_missing": 400,
    "no_session": 401,
    "unknown_step": 404,
    "unknown_audio": 404,
    "other_page": 409,
    "already_answered": 409,
    "not_current": 409,
    "too_early": 409,
    "unheard": 409,
    "invalid": 422,
    "busy": 503,
    "sound_missing": 503,
}
FORBIDDEN = 403  # every other refusal


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class Start(_Body):
    """Body of `POST /api/study/session`."""

    language: str | None = Field(None, max_length=64)
    parameters: dict[str, str] = Field(default_factory=dict, max_length=20)
    invitation: str | None = Field(None, max_length=64)
    simulated: bool = False
    again: bool = False
    resume: str | None = Field(None, max_length=64)
    client: dict[str, Any] = Field(default_factory=dict, max_length=20)


class Answer(_Body):
    """Body of `POST /api/study/step/{id}`."""

    answer: dict[str, Any] = Field(max_length=50)
    telemetry: dict[str, Any] = Field(default_factory=dict, max_length=50)


class _Route(Declared, APIRoute):
    """Tells every mistake as ``{"error", "message"}``."""

    audience = Audience.PARTICIPANT

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as refusal:
                request.scope[CAUSE] = "the server is stopping" if refusal.code == "busy" else refusal.code
                return _refused(request, refusal)
            except RequestValidationError as error:
                first = error.errors()[0]
                place = ".".join(str(part) for part in first["loc"][1:])
                return _refused(request, Refusal("invalid", detail=f"{place}: {first['msg']}"[:300]))
            except DBAPIError as error:
                if not _may_pass(error):
                    raise
                request.scope[CAUSE] = database_cause(error)
                return _refused(request, Refusal("busy"))

        return handler


def router(
    running: RunningStudy,
    *,
    allow_simulated: bool = False,
    secure_cookie: bool = False,
    alarms: Alarms | None = None,
    renderer: Renderer | None = None,
) -> APIRouter:
    """The endpoints of one running study.

    Parameters
    ----------
    running : RunningStudy
        Opened by the caller, who closes it after the last request.
    allow_simulated : bool
        Whether `semantic-eq simulate` may take part; its sessions are marked.
    secure_cookie : bool
        Send the cookie over HTTPS only; also where the request came by HTTPS.
    alarms : Alarms, optional
        Those of the server, raised when somebody waits for a sound that is missing.
    renderer : Renderer, optional
        That of the server, which closes it.
    """
    alarms = alarms or Alarms(running)
    renderer = renderer or Renderer(running)

    async def of_this_study(request: Request) -> None:
        request.state.secret = running.secret
        request.state.page_texts = running.definition.page_texts

    routes = APIRouter(prefix="/api/study", route_class=_Route, tags=["study"], dependencies=[Depends(of_this_study)])

    async def read(work: Callable[..., Any], *arguments: Any) -> Any:
        def in_thread() -> Any:
            with reading(running.engine) as connection:
                return work(connection, running, *arguments)

        return _or_raise(await run_in_threadpool(in_thread))

    async def write(work: Callable[..., Any], *arguments: Any) -> Any:
        return _or_raise(await running.commits.run(lambda connection: work(connection, running, *arguments)))

    def keep(request: Request, response: Response, token: str, max_age: int) -> None:
        secure = secure_cookie or request.url.scheme == "https"
        path = request.scope.get("root_path") or "/"
        response.set_cookie(COOKIE, token, max_age=max_age, path=path, httponly=True, samesite="lax", secure=secure)

    @routes.get("")
    async def welcome(request: Request, language: str | None = None) -> Response:
        accepted = request.headers.get("accept-language")
        shown = await read(starting.welcome, language, accepted, _token(request))
        effort = {"minutes": running.minutes, "trials": running.trials, "download_mb": running.download_mb}
        return _json(request, shown | effort | {"promises": running.promises})

    @routes.post("/session")
    async def start(request: Request, body: Start) -> Response:
        wanted = starting.Request(
            **body.model_dump(),
            accepted_languages=request.headers.get("accept-language"),
            token=_token(request) or None,
            page=_page(request) or "",
            user_agent=request.headers.get("user-agent", "")[:MAX_USER_AGENT],
        )
        shown = await write(starting.start, wanted, allow_simulated)
        token = shown.pop("token")
        response = _json(request, shown)
        if token:
            keep(request, response, token, COOKIE_S)
        return response

    @routes.get("/step")
    async def current(request: Request) -> Response:
        return _json(request, await read(session.current, _token(request), _page(request)))

    @routes.post("/step/{step}")
    async def answer(request: Request, step: str, body: Answer) -> Response:
        arguments = (_token(request), _page(request), step, body.answer, body.telemetry)
        shown = await write(session.answer, *arguments)
        renderer.judged(*_place(step))
        response = _json(request, shown)
        if shown["step"]["kind"] == "finished":  # not for longer than the server remembers
            limit_s = remembered_s(running.definition.recruitment.shared_computer, clock.now())
            keep(request, response, _token(request), round(limit_s))
        return response

    @routes.get("/made")
    async def made(request: Request) -> Response:
        shown = await read(session.current, _token(request), _page(request))
        return _json(request, await run_in_threadpool(renderer.progress, shown["session"]))

    @routes.get("/audio/{sound}")
    @routes.head("/audio/{sound}")
    async def audio(request: Request, sound: str) -> Response:
        found = await read(sounds.sound, _token(request), sound)
        if found is None or found.stimulus not in running.stimuli.by_id:
            raise Refusal("unknown_audio")
        content = await run_in_threadpool(running.read, found.public_id, found.stimulus)
        if content is None:
            alarms.sound_is_missing(found.stimulus)
            raise Refusal("sound_missing")
        if request.method == "HEAD":
            headers = AUDIO_HEADERS | {"Content-Length": str(len(content))}
            return Response(media_type=MASKED, headers=headers)
        masked = await run_in_threadpool(mask, content, key_of(running.secret, sound))
        running.served.note(*found.place)
        return Response(masked, media_type=MASKED, headers=AUDIO_HEADERS)

    @routes.post("/leave")
    async def leave(request: Request) -> Response:
        response = _json(request, await write(session.leave, _token(request), _page(request)))
        response.delete_cookie(COOKIE, path=request.scope.get("root_path") or "/")
        return response

    @routes.post("/withdraw")
    async def withdraw(request: Request) -> Response:
        response = _json(request, await write(session.withdraw, _token(request), _page(request)))
        response.delete_cookie(COOKIE, path=request.scope.get("root_path") or "/")
        return response

    return routes


def _place(step: str) -> tuple[str, int]:
    """The session and place that a step's id names, once an answer to it was taken."""
    public_id, _, place = step.rpartition("-")
    return public_id, int(place)


def _token(request: Request) -> str:
    return request.cookies.get(COOKIE, "")


def _page(request: Request) -> str | None:
    page = request.headers.get("x-page")
    if page is not None and (len(page) > MAX_PAGE or not page.isascii() or not page.isprintable()):
        raise Refusal("invalid", detail=f"X-Page must be at most {MAX_PAGE} printable ASCII characters")
    return page


def _or_raise(result: Any) -> Any:
    if isinstance(result, Refusal):
        raise result
    return result


def _may_pass(error: DBAPIError) -> bool:
    """Whether the same request may do later: a locked or full database, a server away, two requests that met."""
    return (
        type(error).__name__ in ("OperationalError", "InterfaceError", "IntegrityError") or error.connection_invalidated
    )


def _json(
    request: Request, content: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> JSONResponse:
    step = content.get("step")
    dressed = _dress(content, request) | ({"step": _dress(step, request)} if step else {})
    return JSONResponse(dressed, status_code=status, headers={"Cache-Control": "no-store"} | (headers or {}))


def _dress(content: dict[str, Any], request: Request) -> dict[str, Any]:
    """Markdown into HTML, ids of sounds into addresses."""
    dressed = dict(content)
    if "text" in dressed:
        dressed["html"] = _html(dressed.pop("text"))
    for name in ("sounds", "prefetch", "unserved"):
        if name in dressed:
            dressed[name] = [_address(request, sound) for sound in dressed[name]]
    return dressed


def _address(request: Request, sound: str) -> str:
    """Where a sound is fetched and, after ``#``, the key to its mask."""
    root = request.scope.get("root_path", "")
    return f"{root}/api/study/audio/{sound}#{key_of(request.state.secret, sound).hex()}"


@lru_cache(maxsize=256)
def _html(markdown: str) -> str:
    return MarkdownIt("js-default", {"html": False}).render(markdown) if markdown else ""


def _refused(request: Request, refusal: Refusal) -> Response:
    said = request.state.page_texts(refusal.language)[f"error_{refusal.code}"].format(detail=refusal.detail)
    said += "" if said.endswith((".", "。")) else "."
    headers = {"Retry-After": "1"} if STATUS.get(refusal.code) == 503 else None
    return _json(
        request, {"error": refusal.code, "message": said} | refusal.more, STATUS.get(refusal.code, FORBIDDEN), headers
    )
