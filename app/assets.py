"""A page's own JavaScript and style, under an address that changes with their content."""

import hashlib
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from app import audience
from app.audience import Audience
from app.security import error

SHARED = Path(__file__).with_name("static")
MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class Assets:
    """The files of a folder, and those that the experimenter's pages share, read once.

    Parameters
    ----------
    folder : holds ``.js`` modules and ``.css`` files.
    address : path prefix under which they are served, e.g. ``/playground-assets``.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self.address = address
        paths = sorted(path for place in (SHARED, folder) for path in place.iterdir() if path.suffix in MEDIA_TYPES)
        self.files = {path.name: path.read_bytes() for path in paths}
        # The address changes with the content: a browser may keep the files for ever and never mixes two versions.
        self.version = hashlib.sha256(b"\0".join(self.files.values())).hexdigest()[:12]
        # Relative to the page's folder, so that it holds behind any prefix of a proxy.
        self.base = f"..{address}/{self.version}"

    @property
    def head(self) -> str:
        """What belongs into the page's ``<head>``: its styles, and its modules ahead of time."""
        kinds = {".css": "stylesheet", ".js": "modulepreload"}
        return "".join(f'<link rel="{kinds[Path(name).suffix]}" href="{self.base}/{name}">' for name in self.files)

    def start(self, module: str) -> str:
        """The line of JavaScript that loads ``module`` and hands it the page's element."""
        return f"import(new URL('{self.base}/{module}', document.baseURI)).then((page) => page.run(element));"

    def router(self) -> APIRouter:
        """The endpoint that serves the files."""
        routes = audience.router(Audience.PUBLIC)

        @routes.get(f"{self.address}/{{version}}/{{name}}")
        async def asset(version: str, name: str) -> Response:
            if name not in self.files:
                return error(404, "not_found", "There is no such file.")
            # A replica being replaced may be asked for another version: it answers with its own, not to be kept.
            kept = "public, max-age=31536000, immutable" if version == self.version else "no-cache"
            headers = {"Cache-Control": kept}
            return Response(self.files[name], media_type=MEDIA_TYPES[Path(name).suffix], headers=headers)

        return routes
