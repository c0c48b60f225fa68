"""Hooks of MkDocs (`mkdocs.yml`): add the pages made from the code, and the repository's files that pages link to."""

import posixpath
import re
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from docs.site.pages import pages  # noqa: E402

LINK = re.compile(r"(\]\()(\.\.?/[^)\s#]*|[^)\s:#]+)((?:#[^)\s]*)?\))")
FILES = "files"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from the code."""
    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(text: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links to files outside docs/ into links to copies of them within the site."""
    here = posixpath.dirname(page.file.src_uri)

    def local(match: re.Match[str]) -> str:
        source = posixpath.normpath(posixpath.join("docs", here, match[2]))
        in_docs = source.startswith("docs/") and not (ROOT / source).is_dir()
        if in_docs or not (ROOT / source).exists():
            return match[0]
        uri = _copy(source, config, files)
        return f"{match[1]}{posixpath.relpath(uri, here or '.')}{match[3]}"

    return LINK.sub(local, text)


def _copy(source: str, config: MkDocsConfig, files: Files) -> str:
    """The address within docs/ of a copy of a repository's file; of a folder, the list of its files."""
    place = ROOT / source
    uri = f"{FILES}/{source}.txt"
    if files.get_file_from_path(uri) is None:
        if place.is_dir():
            content = "\n".join(sorted(p.relative_to(ROOT).as_posix() for p in place.rglob("*") if p.is_file()))
        else:
            content = place.read_text(encoding="utf-8")
        files.append(File.generated(config, uri, content=content))
    return uri
