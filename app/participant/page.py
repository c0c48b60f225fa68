"""The participant's page: one Gradio component that carries the study, and the files of its JavaScript and style.

The component's frame is Gradio's; everything inside is drawn by the modules in ``static/``, which speak to the JSON
endpoints by ``fetch()`` (Gradio's own channel would lose answers silently, see docs/http.md). Nothing here knows a
stimulus or a condition.
"""

import hashlib
from pathlib import Path

import gradio as gr
from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

STATIC = Path(__file__).with_name("static")
ASSETS = "/study-assets"
MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
FILES = {path.name: path.read_bytes() for path in sorted(STATIC.iterdir()) if path.suffix in MEDIA_TYPES}
# The address changes with the content, so that a browser may keep the files for ever and never mixes two versions.
VERSION = hashlib.sha256(b"".join(FILES.values())).hexdigest()[:12]
# Relative to the page's own folder (`<base>` of Gradio's document), so that it holds behind any prefix of a proxy.
BASE = f"..{ASSETS}/{VERSION}"
LOADING = (STATIC / "loading.html").read_text(encoding="utf-8")
HEAD = "".join(
    [f'<link rel="stylesheet" href="{BASE}/page.css">']
    + [f'<link rel="modulepreload" href="{BASE}/{name}">' for name in FILES if name.endswith(".js")]
)
START = (
    f"import(new URL('{BASE}/main.js', document.baseURI)).then((page) => page.run(element.querySelector('.study')));"
)


def blocks() -> gr.Blocks:
    """The page, to be mounted at ``/study`` with ``head=HEAD``."""
    with gr.Blocks(title="Listening study", analytics_enabled=False, fill_width=True) as page:
        gr.HTML(html_template=LOADING, js_on_load=START, apply_default_css=False, padding=False)
    return page


def router() -> APIRouter:
    """The page's JavaScript and style under ``/study-assets/<version>/<name>``."""
    assets = APIRouter()

    @assets.get(f"{ASSETS}/{{version}}/{{name}}")
    def asset(version: str, name: str) -> Response:
        if name not in FILES:
            raise HTTPException(404, "There is no such file.")
        # Another version's address (a replica being replaced) gets this one's file, to be asked for again next time.
        kept = "public, max-age=31536000, immutable" if version == VERSION else "no-cache"
        return Response(FILES[name], media_type=MEDIA_TYPES[Path(name).suffix], headers={"Cache-Control": kept})

    return assets
