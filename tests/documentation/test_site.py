"""`make docs`: every command, option and key is in it, it needs no network, and a link to nothing stops it."""

import re
from contextlib import nullcontext
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from docs.site import commands, study_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
    return folder


def test_every_command_and_option_is_in_the_reference_and_says_what_it_does(site):
    page = re.sub(r"</?code>", "", (site / "reference" / "commands.html").read_text(encoding="utf-8"))
    found = commands.visible()
    assert {"serve", "analyse", "stimuli build", "study check"} <= found.keys()
    for name, command in found.items():
        assert f"semantic-eq {name}<" in page, name
        assert command.help, name
        section = page.split(f"semantic-eq {name}<")[1].split("<h2")[0]
        for parameter in commands.options(command):
            assert getattr(parameter, "help", None), f"{name}: {parameter.name} has no help"
            for option in (o for o in parameter.opts if o.startswith("-")):
                assert option in section, f"{name} {option}"


def test_every_key_of_the_study_file_is_in_the_reference(site):
    page = re.sub(r"</?code>", "", (site / "reference" / "study-file.html").read_text(encoding="utf-8"))
    keys = {(name, key) for name, schema, _ in study_file.tables() for key in schema["properties"]}
    assert ("[checks]", "attention") in keys and ("", "title") in keys
    missing = [key for name, key in keys if f"<td>{key}</td>" not in page]
    assert not missing
    attention = re.search(r"<td>attention</td>.*?</tr>", page, re.DOTALL)[0]
    assert all(text in attention for text in ("whole number", "0 or more", "1000 or less"))


def test_every_key_of_the_study_file_has_a_sentence():
    bare = [
        (name, key)
        for name, schema, _ in study_file.tables()
        for key, value in schema["properties"].items()
        if not study_file.is_table(value) and not value.get("description", "").endswith(".")
    ]
    assert not bare


def test_python_reference_comes_from_docstrings(site):
    page = (site / "reference" / "python.html").read_text(encoding="utf-8")
    assert "Propose the EQ that takes" in page and "RunningStudy" in page


def test_site_loads_nothing_from_elsewhere(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=\"(?:https?:)?//[^\"]+\"", text)
        assert not loaded, f"{page.name}: {loaded}"
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(?:https?:)?//", style.read_text(encoding="utf-8")), style.name


def test_a_link_to_nothing_stops_the_build(tmp_path):
    page = tmp_path / "docs" / "index.md"
    page.parent.mkdir()
    settings = {"docs_dir": str(page.parent), "site_dir": str(tmp_path / "site"), "plugins": [], "hooks": []}
    settings["nav"] = ["index.md"]
    for text, wrong in (("# Page", False), ("# Page\n\n[nothing](nothing.md)", True)):
        page.write_text(text, encoding="utf-8")
        with pytest.raises(Abort) if wrong else nullcontext():
            build(load_config(str(ROOT / "mkdocs.yml"), **settings))
