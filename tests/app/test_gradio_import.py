"""What Gradio does while it is imported and while a page is made, and how it is kept from it."""

import importlib.util
import inspect
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from fastapi import FastAPI
from gradio.routes import App

from app import gradio_pages
from app.audience import Audience
from app.gradio_import import gr, without_application, without_stubs

ROOM = Path(gradio_pages.__file__).parent

COMPONENT = "from gradio.components import HTML\n\n\nclass Toy(HTML):\n    EVENTS = ['click']\n"


@pytest.fixture
def define(tmp_path, monkeypatch):
    """Define a component in a file, as one of Gradio's modules, and return the files that stand there then."""

    def defined(keeping):
        file = tmp_path / "toy.py"
        file.write_text(COMPONENT)
        spec = importlib.util.spec_from_file_location("gradio.toy", file)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "gradio.toy", module)
        with keeping:
            spec.loader.exec_module(module)
        return {path.name for path in tmp_path.glob("toy.py*")}

    return defined


def test_gradio_writes_no_stub_of_its_components(define):
    getfile = inspect.getfile
    assert define(without_stubs()) == {"toy.py"}
    assert inspect.getfile is getfile


def test_gradio_would_write_one_else(define):
    """If this fails, Gradio has ceased to, and `without_stubs` can go."""
    assert define(nullcontext()) == {"toy.py", "toy.pyi"}


def test_a_page_has_one_application_of_gradio_in_all(monkeypatch):
    made = []
    create_app = App.create_app
    monkeypatch.setattr(App, "create_app", lambda *given, **more: made.append(given) or create_app(*given, **more))
    page = gradio_pages.page("Title", "<p>Waiting</p>", "")
    assert made == []
    gradio_pages.mount(FastAPI(), page, "/page", Audience.PUBLIC)
    assert len(made) == 1


def test_gradio_makes_applications_again_once_the_page_is_made():
    with without_application():
        pass
    assert gr.blocks.App is App


def test_nothing_imports_gradio_by_itself():
    """The workbench may: its package imports `app.gradio_import` first."""
    importing = {path.relative_to(ROOM) for path in ROOM.rglob("*.py") if "\nimport gradio" in path.read_text()}
    assert {path.as_posix() for path in importing if path.parts[0] != "workbench"} == set()
