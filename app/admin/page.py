"""The admin page: one Gradio component that carries it; the modules in ``static/`` draw everything."""

from pathlib import Path

import gradio as gr

from app.assets import Assets

ASSETS = Assets(Path(__file__).with_name("static"), "/admin-assets")
LOADING = '<div class="desk admin"><p class="waiting">Loading …</p></div>'


def blocks() -> gr.Blocks:
    """The page, to be mounted at ``/admin`` with ``head=ASSETS.head``."""
    with gr.Blocks(title="Admin · Listening study", analytics_enabled=False, fill_width=True) as page:
        gr.HTML(html_template=LOADING, js_on_load=ASSETS.start("main.js"), apply_default_css=False, padding=False)
    return page
