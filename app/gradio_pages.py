"""How a page of Gradio's is mounted here: nothing of it but the page itself can be reached."""

import os

# Read by Gradio when it is imported: no look-ups on the internet, and no per-event bookkeeping that slows the server.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000"
os.environ["GRADIO_RUN_HISTORY"] = "False"

import gradio as gr
from fastapi import FastAPI


def mount(app: FastAPI, blocks: gr.Blocks, path: str, root_path: str = "", head: str = "", **page: object) -> None:
    """Mount ``blocks`` under ``path`` so that only its document, style and scripts matter (see `security.GradioGate`).

    Parameters
    ----------
    app : the application.
    blocks : the page.
    path : where it is mounted, e.g. ``/study``.
    root_path : the prefix that a reverse proxy strips.
    head : what belongs into the page's ``<head>``.
    page : ``theme``, ``css`` and the like, as `gradio.mount_gradio_app` takes them.
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
        head=head,
        **page,
    )
    # Only launch() sets this, and until it is set Gradio lets a client have any file of the server copied and served.
    blocks.has_launched = True
