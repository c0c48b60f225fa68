"""Gradio as this application has it: asking nothing of the internet, writing nothing into its own package.

Import it from here, ``from app.gradio_import import gr``: what stands here has to come before it is first imported.
"""

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

# Read by Gradio when it is imported: no look-ups on the internet, and no per-event bookkeeping that slows the server.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000"
os.environ["GRADIO_RUN_HISTORY"] = "False"


@contextmanager
def _replaced(owner: Any, name: str, by: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, by)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def without_stubs() -> Iterator[None]:
    """Keep Gradio from making an editor's stub of each component as its class is defined, and writing it beside it.

    That is half of its import's time, and its package holds the stubs already. It passes over a class without a file.
    """
    getfile = inspect.getfile

    def elsewhere(thing: Any) -> str:
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError(f"No stub is to be made of {thing}.")
        return getfile(thing)

    with _replaced(inspect, "getfile", elsewhere):
        yield


with without_stubs():
    import gradio as gr


@contextmanager
def without_application() -> Iterator[None]:
    """Keep Gradio from making a web application as a `gr.Blocks` starts and as it ends: launch or mount makes it."""
    with _replaced(gr.blocks, "App", SimpleNamespace(create_app=lambda blocks, **_: None)):
        yield


__all__ = ["gr", "without_application", "without_stubs"]
