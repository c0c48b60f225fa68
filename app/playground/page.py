"""The playground's page: one Gradio component that carries it; the modules in ``static/`` draw everything."""

from pathlib import Path

from app import gradio_pages
from app.assets import Assets
from app.gradio_import import gr

ASSETS = Assets(Path(__file__).with_name("static"), "/playground-assets")
LOADING = '<div class="desk playground"><p class="waiting">Loading …</p></div>'


def blocks() -> gr.Blocks:
    """The page, to be mounted at ``/playground`` with ``head=ASSETS.head``."""
    return gradio_pages.page("Playground · Semantic equaliser", LOADING, ASSETS.start("main.js"))
