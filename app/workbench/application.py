"""The workbench as a whole: its tabs, its look, and how it is launched."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from starlette.middleware import Middleware

from app.gradio_import import gr, without_application
from app.participant.page import MONOSPACE, SYSTEM_FONT
from app.workbench import equaliser, results, run, shown, stimuli
from app.workbench.access import TokenOnly
from app.workbench.study import preview, tab

CSS = Path(__file__).with_name("workbench.css")
PORT = 7870


class Launched(NamedTuple):
    """A running workbench: its address, and the same with its token, which a browser opens."""

    address: str
    with_token: str
    token: str


def blocks() -> gr.Blocks:
    """The page: a tab for each part of a study's way."""
    page = gr.Blocks(title="Workbench · semantic-eq", analytics_enabled=False, fill_width=True)
    with page, gr.Tabs():
        with gr.Tab("Equaliser"):
            equaliser.fill()
        with gr.Tab("Stimuli"):
            sets = stimuli.fill()
        with gr.Tab("Study"):
            name = tab.fill(sets)
        with gr.Tab("Run"):
            database = run.fill(name)
        with gr.Tab("Results"):
            results.fill(database)
    return page


@contextmanager
def launched(host: str = "127.0.0.1", port: int = PORT, token: str | None = None) -> Iterator[Launched]:
    """Run the workbench; uploads live in a temporary folder that goes with it.

    Parameters
    ----------
    host : address to listen on.
    port : port to listen on.
    token : made anew without one.

    Raises
    ------
    OSError
        When the port is taken.
    """
    token = token or secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory(prefix="semantic-eq-workbench-") as place:
        before = os.environ.get("GRADIO_TEMP_DIR")
        os.environ["GRADIO_TEMP_DIR"] = place
        with without_application():
            page = blocks().queue(default_concurrency_limit=4)
        page.launch(
            server_name=host,
            server_port=port,
            share=False,
            inbrowser=False,
            prevent_thread_lock=True,
            quiet=True,
            show_error=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            footer_links=[],
            run_history=False,
            app_kwargs={"middleware": [Middleware(TokenOnly, token=token)], "routes": list(shown.ROUTES)},
            theme=theme(),
            css_paths=[CSS],
        )
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{page.server_port}"
        try:
            yield Launched(address, f"{address}/?token={token}", token)
        finally:
            run.stop_server()
            preview.end_preview()
            page.close(verbose=False)
            os.environ.pop("GRADIO_TEMP_DIR")
            os.environ.update({} if before is None else {"GRADIO_TEMP_DIR": before})


def theme() -> gr.themes.Base:
    """Gradio's theme in the project's colours, with the system's fonts."""
    return gr.themes.Default(primary_hue="teal", neutral_hue="slate", font=SYSTEM_FONT, font_mono=MONOSPACE)
