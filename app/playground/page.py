"""The playground's page: one Gradio component that carries it; the modules in ``static/`` draw everything."""

from pathlib import Path

import gradio as gr

from app.assets import Assets

ASSETS = Assets(Path(__file__).with_name("static"), "/playground-assets")
LOADING = '<div class="desk playground"><p class="waiting">Loading …</p></div>'


def blocks() -> gr.Blocks:
    """The page, to be mounted at ``/playground`` with ``head=ASSETS.head``."""
    with gr.Blocks(title="Playground · Semantic equaliser", analytics_enabled=False, fill_width=True) as page:
        gr.HTML(html_template=LOADING, js_on_load=ASSETS.start("main.js"), apply_default_css=False, padding=False)
    return page
