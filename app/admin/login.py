"""The experimenter's sign-in: one plain form, no script."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

from app.admin.access import COOKIE, SIGNED_IN_S, Access, same_origin

HERE = Path(__file__).with_name("sign_in")
PAGES = ("admin", "playground")
TEMPLATES = Environment(loader=FileSystemLoader(HERE), autoescape=select_autoescape(["jinja"]))


def router(access: Access) -> APIRouter:
    """The endpoints that show the sign-in form, take the token and sign out."""
    routes = APIRouter()

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
        if not same_origin(request):
            return _page("That form came from another site.", next, 403)
        if wait := access.form.seconds_to_wait():
            return _page(f"Too many wrong tokens: try again in {wait:.0f} seconds.", next, 429)
        if not access.is_token(token.strip()):
            access.form.note_wrong()
            return _page("That is not the token. `semantic-eq serve` prints where it is kept.", next, 401)
        return _with_cookie(request, access.cookie(), next)

    @routes.post("/api/admin/sign-out")
    async def sign_out(request: Request) -> Response:
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, path=f"{_root(request)}/")
        return response

    return routes


def _page(message: str, next_page: str, status: int = 200) -> HTMLResponse:
    page = next_page if next_page in PAGES else PAGES[0]
    return HTMLResponse(TEMPLATES.get_template("sign-in.html.jinja").render(message=message, next=page), status)


def _with_cookie(request: Request, value: str, next_page: str) -> Response:
    page = next_page if next_page in PAGES else PAGES[0]
    response = RedirectResponse(f"{_root(request)}/{page}/", 303)
    secure = request.url.scheme == "https"
    path = f"{_root(request)}/"
    response.set_cookie(COOKIE, value, SIGNED_IN_S, path=path, httponly=True, samesite="strict", secure=secure)
    return response


def _root(request: Request) -> str:
    return request.scope.get("root_path", "")
