"""Pages that lie in folders (a set's report, an analysis's) shown inside the workbench, with all they link to."""

from __future__ import annotations

import hashlib
import html
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

ADDRESS = "/shown"
_folders: dict[str, Path] = {}


def frame(page: Path, title: str, height_px: int = 900) -> str:
    """HTML that shows a page; from then on its folder's files can be fetched by who has the workbench's token."""
    folder = page.parent.resolve()
    key = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    _folders[key] = folder
    # The file's time is in the address, so that a page that was written anew is fetched anew.
    address = f"{ADDRESS}/{key}/{page.name}?{page.stat().st_mtime_ns}"
    return in_frame(address, title, height_px)


def in_frame(address: str, title: str, height_px: int, width: str = "100%") -> str:
    """HTML that shows an address."""
    style = (
        f"width:{width};max-width:100%;height:{height_px}px;border:1px solid #8884;border-radius:8px;background:#fff"
    )
    return f'<iframe src="{html.escape(address)}" title="{html.escape(title)}" style="{style}"></iframe>'


async def _file(request: Request) -> Response:
    folder = _folders.get(request.path_params["key"])
    path = (folder / request.path_params["path"]).resolve() if folder else None
    if folder is None or path is None or not path.is_relative_to(folder) or not path.is_file():
        return PlainTextResponse("There is no such file.", 404)
    return FileResponse(path, headers={"Cache-Control": "no-cache"})


ROUTES = [Route(ADDRESS + "/{key}/{path:path}", _file)]
