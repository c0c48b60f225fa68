"""The participant's page: one Gradio component that carries the study, and the JavaScript and style that draw it.

The component's frame is Gradio's; everything inside is drawn by the modules in ``static/``, which speak to the JSON
endpoints by ``fetch()`` (Gradio's own channel would lose answers silently, see docs/http.md). Nothing here knows a
stimulus or a condition.
"""

import gzip
import hashlib
import re
from html import escape
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app import audience, gradio_pages
from app.audience import Audience
from app.gradio_import import gr
from app.security import error
from study.design import texts

STATIC = Path(__file__).with_name("static")
ASSETS = "/study-assets"
IMPORT = re.compile(r"^import .*? from \"(?P<path>\.{1,2}/[\w/-]+\.js)\";\n", re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)
UNKNOWN = re.compile(r"^(?:import(?!\()\b|export (?:default|\*|\{)).*", re.MULTILINE)


def joined(*modules: Path) -> str:
    """The modules with all that they import, as one module that exports what the first one exports.

    They share one scope, so that a name stands in one of them only: a browser refuses the script else. As many requests
    as there are modules take about twice as long on a slow line (docs/benchmarks.md).

    Raises
    ------
    ValueError
        For an import or export in another form than ``import { a, b } from "./c.js";`` on one line, or before a
        declaration.
    """
    seen: set[Path] = set()
    return "".join(_with_imports(module, seen, exported=module == modules[0]) for module in modules)


def _with_imports(module: Path, seen: set[Path], *, exported: bool = False) -> str:
    if module in seen:
        return ""
    seen.add(module)
    source = module.read_text(encoding="utf-8")
    before = [_with_imports((module.parent / found["path"]).resolve(), seen) for found in IMPORT.finditer(source)]
    own = IMPORT.sub("", source)
    if unknown := UNKNOWN.search(own):
        raise ValueError(f"{module.name} has {unknown[0]!r}; an import is one line that ends with a file's path.")
    return "".join([*before, own if exported else EXPORT.sub("", own)])


def modules() -> list[Path]:
    """The page's first module, and one for each kind of step (see `study.kinds`)."""
    return [(STATIC / "main.js").resolve(), *sorted((STATIC / "kinds").resolve().glob("*.js"))]


FILES = {
    "study.js": ("text/javascript; charset=utf-8", joined(*modules()).encode()),
    "study.css": ("text/css; charset=utf-8", (STATIC / "page.css").read_bytes()),
}
COMPRESSED = {name: gzip.compress(content, mtime=0) for name, (_, content) in FILES.items()}
# The address changes with the content, so that a browser may keep the files for ever and never mixes two versions.
VERSION = hashlib.sha256(b"\0".join(COMPRESSED.values())).hexdigest()[:12]
# Relative to the page's own folder (`<base>` of Gradio's document), so that it holds behind any prefix of a proxy.
BASE = f"..{ASSETS}/{VERSION}"


def gradio_modules() -> list[str]:
    """Gradio's modules that draw a `gr.HTML`, which a browser would learn of only after three others have run."""
    assets = Path(gr.__file__).parent / "templates" / "frontend" / "assets"
    drawing = [path.name for pattern in ("Blocks-*.js", "HTML-*.js") for path in sorted(assets.glob(pattern))]
    indexes = [path.name for path in sorted(assets.glob("Index-*.js")) if "./HTML-" in path.read_text(encoding="utf-8")]
    return drawing + indexes


# In the document itself (see `security.SecurityHeaders`): style, script and the first question to the server are under
# way while Gradio is still starting.
HEAD = "".join(
    [f'<link rel="stylesheet" href="{BASE}/study.css"><script type="module" async src="{BASE}/study.js"></script>']
    + [f'<link rel="modulepreload" href="./assets/{name}">' for name in gradio_modules()]
)
START = (
    f"import(new URL('{BASE}/study.js', document.baseURI)).then((page) => page.run(element.querySelector('.study')))"
)


# Gradio's own theme fetches a font of 100 KB that this page does not show.
SYSTEM_FONT: list[gr.themes.Font | str] = [gr.themes.Font("system-ui"), "sans-serif"]
MONOSPACE = gr.themes.Font("monospace")


def theme() -> gr.themes.Base:
    """Gradio's theme without a font of its own."""
    return gr.themes.Default(font=SYSTEM_FONT, font_mono=MONOSPACE)


def blocks() -> gr.Blocks:
    """The page, to be mounted at ``/study`` with `theme`, and `HEAD` in its document."""
    return gradio_pages.page("Listening study", _loading(), START)


def _loading() -> str:
    """What stands there until the study's own texts have come, with what to say in each language if they do not."""
    lines = []
    for code in texts.languages():
        own = {key: escape(text) for key, text in texts.messages(code).items()}
        lines.append(f'<p lang="{code}" data-failure="{own["failure_title"]}" hidden>{own["saving_reconnecting"]}</p>')
    waiting = f'<div role="status">{"".join(lines)}</div>'
    return f'<div class="study" role="document"><div aria-busy="true"></div>{waiting}</div>'


def router() -> APIRouter:
    """The page's script and style under ``/study-assets/<version>/<name>``."""
    assets = audience.router(Audience.PUBLIC)

    @assets.get(f"{ASSETS}/{{version}}/{{name}}")
    async def asset(request: Request, version: str, name: str) -> Response:
        if name not in FILES:
            return error(404, "not_found", "There is no such file.")
        media_type, content = FILES[name]
        # Another version's address (a replica being replaced) gets this one's file, to be asked for again next time.
        kept = "public, max-age=31536000, immutable" if version == VERSION else "no-cache"
        headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            content, headers["Content-Encoding"] = COMPRESSED[name], "gzip"
        return Response(content, media_type=media_type, headers=headers)

    return assets
