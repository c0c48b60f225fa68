"""The experimenter's workbench: a local application in Gradio's own components, never part of the public server."""

import app.gradio_pages  # noqa: F401 - tells Gradio, before it is imported, to ask nothing of the internet
