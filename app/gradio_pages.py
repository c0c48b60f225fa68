"""How a page of Gradio's is mounted here: nothing of it but the page itself can be reached.

All work goes through the application's own endpoints, so nothing is lost, and the routes that have let clients read
files of the server are out of reach whatever a later version of Gradio does.
"""

import re

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.audience import Audience, MountedPage
from app.gradio_import import gr, without_application
from app.security import allow_scripts, error

# What a page of Gradio's needs: its document, its style, its own scripts and fonts. Nothing here reads a request body.
NEEDED = re.compile(r"/(|theme\.css|assets/[\w.-]+|static/(js|css|fonts|img)/[\w./-]+)")
# What Gradio may know of a request. Not Origin, which it answers with CORS headers for other sites; not X-Forwarded-*,
# which it believes from anybody; no cookie.
KNOWN_HEADERS = (b"host", b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
# Gradio compiles each gr.HTML template with Function(), so its pages need 'unsafe-eval'; no page of ours does.
EVAL = "'unsafe-eval'"
OUTSIDE_LINKS = re.compile(
    rb"<meta\s[^>]*(?:og:|twitter:)[^>]*>|<link rel=\"manifest\"[^>]*>|<meta\s+property=\"og:[^>]*>", re.S
)
BODY = re.compile(rb"<body\b[^>]*>")
NO_SCRIPTS = b"<noscript><p>This page needs JavaScript. Please switch it on and load the page again.</p></noscript>"
ICON = '<link rel="icon" href="data:,">'  # else every visit asks for /favicon.ico


def page(title: str, html: str, script: str) -> gr.Blocks:
    """A page to be mounted, of one component.

    Parameters
    ----------
    title : of the document.
    html : what it shows until the script has run.
    script : JavaScript to which ``element`` is the component.
    """
    with without_application(), gr.Blocks(title=title, analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(html_template=html, js_on_load=script, apply_default_css=False, padding=False)
    return blocks


def mount(
    app: FastAPI,
    blocks: gr.Blocks,
    path: str,
    audience: Audience,
    root_path: str = "",
    head: str = "",
    theme: gr.themes.Base | None = None,
) -> None:
    """Mount ``blocks`` under ``path`` so that only its document, style and scripts can be reached.

    Parameters
    ----------
    app : the application.
    blocks : the page.
    path : where it is mounted, e.g. ``/study``.
    audience : whom it serves.
    root_path : the prefix that a reverse proxy strips.
    head : HTML for the document's ``<head>``. Gradio adds its own ``head=`` only once its scripts have run; what
        stands here is fetched beside them.
    theme : Gradio's theme; its default without one.
    """
    gr.mount_gradio_app(
        app,
        blocks,
        path=path,
        root_path=f"{root_path}{path}",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        max_file_size=1,
        theme=theme,
    )
    # Only launch() sets this, and until it is set Gradio lets a client have any file of the server copied and served.
    blocks.has_launched = True
    bare = app.router.routes.pop()
    if not isinstance(bare, Mount):
        raise TypeError(f"Gradio added {bare} for its page, not a mount: this version of it is not known.")
    app.router.routes.append(MountedPage(path, PageOnly(bare.app, head), audience))


class PageOnly:
    """Lets through only the requests that show a Gradio page; uploads, files, events and API listings are 404.

    Parameters
    ----------
    app : Gradio's application.
    head : HTML for the document's ``<head>``.
    """

    def __init__(self, app: ASGIApp, head: str) -> None:
        self.app = app
        self.head = f"{ICON}{head}</head>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope["root_path"])
        if ".." in path or not NEEDED.fullmatch(path):
            await error(404, "not_found", "There is nothing at this address.")(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await error(405, "method", "This address can only be read.")(scope, receive, send)
        elif path == "/":
            await self.app(_bare(scope, compressed=False), receive, _Document(scope, send, self.head))
        else:
            await self.app(_bare(scope), receive, send)


class _Document:
    """A ``send`` that holds an HTML document, lets its own scripts run and drops links to other places."""

    start: Message

    def __init__(self, scope: Scope, send: Send, head: bytes) -> None:
        self.scope = scope
        self.send = send
        self.head = head
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        self.body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = OUTSIDE_LINKS.sub(b"", self.body).replace(b"</head>", self.head, 1)
        body = BODY.sub(lambda tag: tag[0] + NO_SCRIPTS, body, count=1)
        body = allow_scripts(self.scope, body, EVAL)
        if self.body:  # the answer to HEAD has a length but no body
            MutableHeaders(scope=self.start)["content-length"] = str(len(body))
        await self.send(self.start)
        await self.send({"type": "http.response.body", "body": body})


def _bare(scope: Scope, compressed: bool = True) -> Scope:
    """The request as Gradio gets it: no query (it takes ?deep_link= and the like for itself), few headers."""
    known = [name for name in KNOWN_HEADERS if compressed or name != b"accept-encoding"]
    headers = [(name, value) for name, value in scope["headers"] if name in known]
    return {**scope, "query_string": b"", "headers": headers, "extensions": {}}
