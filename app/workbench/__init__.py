"""The experimenter's workbench: a local application in Gradio's own components, never part of the public server."""

import app.gradio_import  # noqa: F401 - before Gradio is imported in another way
