"""How the workbench reports a mistake: the command line's own sentence, in a message on the page."""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import gradio as gr

from app.sentences import sentence

P = ParamSpec("P")
R = TypeVar("R")


def reports_errors(function: Callable[P, R]) -> Callable[P, R]:
    """A callback whose ValueError or OSError reaches the page as its sentence; other errors are ours, and go on."""

    @functools.wraps(function)
    def reported(*arguments: P.args, **named: P.kwargs) -> R:
        with errors_reported():
            return function(*arguments, **named)

    return reported


@contextmanager
def errors_reported() -> Iterator[None]:
    """Raise a user's mistake as Gradio's error of one sentence."""
    try:
        yield
    except gr.Error:
        raise  # refused already
    except Exception as error:
        said = sentence(error)
        if said is None:
            raise
        raise refused(said) from None


def refused(text: str) -> gr.Error:
    """An error for the page; a file's name is text there, whatever stands in it."""
    return gr.Error(html.escape(text, quote=False), duration=None, title="This cannot be done", print_exception=False)


def plain(text: str) -> str:
    """A line as it is, whatever Markdown would make of it."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|" else letter for letter in text.strip())


def warned(text: str) -> None:
    """Show a warning on the page."""
    gr.Warning(html.escape(text, quote=False), duration=None, title="Look at this")
