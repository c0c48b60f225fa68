"""The workbench's equaliser by itself, as a Space of Hugging Face or on any machine: `python equaliser.py`.

It is not called app.py, since the program's own package is called app.
"""

import gradio as gr

from app.workbench import equaliser
from app.workbench.application import CSS, theme

HOUR_S = 3600

with gr.Blocks(title="Semantic equaliser", analytics_enabled=False, delete_cache=(HOUR_S, HOUR_S)) as demo:
    gr.Markdown("# A semantic equaliser that listens to the music")
    equaliser.fill()

if __name__ == "__main__":
    demo.queue(default_concurrency_limit=1, max_size=20)  # a Space has two cores
    demo.launch(theme=theme(), css_paths=[CSS], show_error=False, ssr_mode=False, max_file_size="40mb")
