"""The experimenter's sign-in: one plain form, no script."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.concurrency import run_in_threadpool

from app import audience
from app.admin.access import COOKIE, Access
from app.audience import Audience
from study.storage.admin_sessions import LASTS_S

HERE = Path(__file__).with_name("sign_in")
PAGES = ("admin", "playground")
TEMPLATES = Environment(loader=FileSystemLoader(HERE), autoescape=select_autoescape(["jinja"]))


def router(access: Access) -> APIRouter:
    """The endpoints that show the sign-in form and take the token."""
    routes = audience.router(Audience.PUBLIC)

    @routes.get("/sign-in", response_class=HTMLResponse)
    async def form(next: str = "admin") -> Response:
        return _page("", next)

    @routes.get("/sign-in.css")
    async def style() -> Response:
        return FileResponse(HERE / "sign-in.css", media_type="text/css")

    @routes.post("/sign-in", response_class=HTMLResponse)
    async def sign_in(
        request: Request, token: Annotated[str, Form(max_length=200)] = "", next: Annotated[str, Form()] = "admin"
    ) -> Response:
        if wait := access.form.seconds_to_wait():
            return _page(f"Too many wrong tokens: try again in {wait:.0f} seconds.", next, 429)
        if not access.is_token(token.strip()):
            access.form.note_wrong()
            return _page("That is not the token. `semantic-eq serve` prints where it is kept.", next, 401)
        return _with_cookie(request, await run_in_threadpool(access.sign_in, request), next)

    return routes


def _page(message: str, next_page: str, status: int = 200) -> HTMLResponse:
    page = next_page if next_page in PAGES else PAGES[0]
    return HTMLResponse(TEMPLATES.get_template("sign-in.html.jinja").render(message=message, next=page), status)


def _with_cookie(request: Request, value: str, next_page: str) -> Response:
    page = next_page if next_page in PAGES else PAGES[0]
    response = RedirectResponse(f"{_root(request)}/{page}/", 303)
    secure = request.url.scheme == "https"
    path = f"{_root(request)}/"
    response.set_cookie(COOKIE, value, LASTS_S, path=path, httponly=True, samesite="strict", secure=secure)
    return response


def _root(request: Request) -> str:
    return request.scope.get("root_path", "")
