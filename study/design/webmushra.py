"""webMUSHRA's configurations as study files: what they ask, of which sounds, and what of them has no place here.

A configuration (YAML) lists pages. A page with sounds is a clip; the names of its sounds are conditions. Pages that
follow each other and are alike but for their clip become one block: `mushra` and `bs1116` blocks of several stimuli
with a hidden reference, `likert_multi_stimulus` ones without, `likert_single_stimulus` single ratings,
`paired_comparison` (which of A and B is the reference?) ABX.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, ClassVar

import yaml

DESCRIPTOR = "sound"
REFERENCE = "reference"
MAX_POINTS = 11
FEWEST_CLIPS = 3
"""Of single ratings, so that none comes twice in a row; see `study.design.order`."""
_KNOWN = {"testname", "testId", "language", "pages"}
_OF_PAGES = {"type", "id", "name", "content", "stimuli", "reference"}
_TAKEN = {
    "mushra": {"createAnchor35", "createAnchor70", "enableLooping"},
    "bs1116": {"createAnchor35", "createAnchor70", "enableLooping"},
    "paired_comparison": set(),
    "likert_single_stimulus": {"response", "mustRate", "mustPlayback"},
    "likert_multi_stimulus": {"response", "mustRate", "mustPlayback"},
    "generic": set(),
    "consent": set(),
    "volume": set(),
    "finish": {"questionnaire"},
}
_OFF = (None, False, "")


@dataclass(frozen=True)
class Sound:
    """A file that the configuration names."""

    clip: str
    condition: str
    path: str


@dataclass
class Imported:
    """A study file as a table, the sounds that it needs, and what was left out, each in a sentence."""

    study: dict[str, Any]
    sounds: list[Sound] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    anchors: bool = False


def read(text: str, languages: tuple[str, ...] = ("en", "de", "es", "zh")) -> Imported:
    """Translate a configuration.

    Parameters
    ----------
    text : str
        The YAML.
    languages : tuple of str
        Those that the page speaks.

    Raises
    ------
    ValueError
        When it is not a configuration of webMUSHRA, or has no page with sounds.
    """
    try:
        table = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"The configuration is not valid YAML ({' '.join(str(error).split())}).") from None
    if not isinstance(table, dict) or not isinstance(table.get("pages"), list):
        raise ValueError("The configuration has no list of pages, which every configuration of webMUSHRA has.")
    return _Reader(table, languages).read()


class _Reader:
    """One configuration on its way."""

    def __init__(self, table: dict[str, Any], languages: tuple[str, ...]) -> None:
        self.table = table
        self.left_out = [f"{key} of the configuration" for key, value in table.items() if key not in _KNOWN and value]
        self.language = table.get("language") or "en"
        if self.language not in languages:
            self.left_out.append(f"the language {self.language}: the page speaks {', '.join(languages)}")
            self.language = "en"
        self.study: dict[str, Any] = {"completion": {"unique": True, "text": "Thank you!"}}
        self.blocks: list[dict[str, Any]] = []
        self.sounds: list[Sound] = []
        self.clips: set[str] = set()
        self.words: list[str] = []  # of generic pages since the last block

    def read(self) -> Imported:
        for page in self._pages(self.table["pages"]):
            self._page(page)
        if not self.blocks:
            raise ValueError("The configuration has no page with sounds, so there is nothing to study.")
        for block in self.blocks:
            if block["paradigm"] == "single" and len(block["clips"]) < FEWEST_CLIPS:
                named = ", ".join(block["clips"])
                self.left_out.append(f"an order for {named}: single ratings need {FEWEST_CLIPS} pages or more to run")
        title = str(self.table.get("testname") or "Listening test")
        head = {"title": title, "languages": [self.language], "stimuli": _name(self.table.get("testId") or title)}
        conditions = list(dict.fromkeys(sound.condition for sound in self.sounds))
        word = {"name": DESCRIPTOR, "label": "sound", "definition": ""}
        whole = head | {"conditions": conditions} | self.study | {"descriptors": [word], "blocks": self.blocks}
        has_anchors = any(block.get("anchors") for block in self.blocks)
        return Imported(whole, self.sounds, list(dict.fromkeys(self.left_out)), has_anchors)

    def _pages(self, pages: list[Any]) -> Iterator[dict[str, Any]]:
        for page in pages:
            if page == "random":
                self.left_out.append("the random order of pages as written: a block has its own balanced order")
            elif isinstance(page, list):
                yield from self._pages(page)
            elif isinstance(page, dict):
                yield page

    def _page(self, page: dict[str, Any]) -> None:
        kind, where = page.get("type"), f"page {page.get('id') or page.get('name') or '?'}"
        if kind not in _TAKEN:
            self.left_out.append(f"{where}: pages of type {kind}")
            return
        extra = [key for key, value in page.items() if key not in _OF_PAGES | _TAKEN[kind] and value not in _OFF]
        self.left_out += [f"{key} of {where}" for key in extra]
        if not page.get("stimuli"):
            getattr(self, f"_{kind}")(page)
            return
        for block in getattr(self, f"_{kind}")(page, where):
            self._add(page, block)

    # Pages without sounds

    def _generic(self, page: dict[str, Any]) -> None:
        if not self.blocks and "welcome" not in self.study:
            self.study["welcome"] = markdown(page.get("content"))
        else:
            self.words.append(_headed(page))

    def _consent(self, page: dict[str, Any]) -> None:
        items = ["I agree."] if page.get("mustConsent", True) else []
        self.study["consent"] = {"version": "1", "text": markdown(page.get("content")), "items": items}

    def _volume(self, page: dict[str, Any]) -> None:
        self.left_out.append("the sound and the level of the volume page: the loudest sound of the set is used")
        self.study["level"] = {"text": markdown(page.get("content"))}

    def _finish(self, page: dict[str, Any]) -> None:
        self.study["completion"] = {"unique": True, "text": markdown(page.get("content"))}
        asked = [self._asked(each) for each in page.get("questionnaire") or []]
        if asked:
            self.left_out.append("asking the questionnaire at the end: it stands at the beginning")
            self.study["questionnaire"] = {"questions": asked}

    def _asked(self, each: dict[str, Any]) -> dict[str, Any]:
        kinds = {"text": "text", "long_text": "text", "number": "number", "likert": "choice"}
        own: dict[str, Any] = {
            "id": _name(each.get("name") or each.get("label")),
            "label": str(each.get("label") or each.get("name")),
        }
        own |= {"type": kinds.get(each.get("type", "text"), "text"), "required": not each.get("optional", False)}
        if own["type"] == "number":
            limits = {"minimum": each.get("min"), "maximum": each.get("max")}
            own |= {key: value for key, value in limits.items() if value is not None}
        if own["type"] == "choice":
            points = each.get("response") or []
            own["options"] = {_name(p.get("value")): str(p.get("label") or p.get("value")) for p in points}
        return own

    # Pages with sounds: their blocks but for clips

    def _mushra(self, page: dict[str, Any], where: str) -> list[dict[str, Any]]:
        anchors = [bool(page.get(key)) for key in ("createAnchor35", "createAnchor70")]
        if any(anchors) and not all(anchors):
            self.left_out.append(f"having one anchor only on {where}: there are both, of 3.5 and 7 kHz")
        own = {"paradigm": "multistimulus", "preset": "bs1534", "reference": REFERENCE, "anchors": any(anchors)}
        return [own | {"loop": bool(page.get("enableLooping", False)), "conditions": [REFERENCE, *_names(page)]}]

    def _bs1116(self, page: dict[str, Any], where: str) -> list[dict[str, Any]]:
        self.left_out.append("grades from 1.0 to 5.0 of bs1116 pages: they are from 0 to 100 with the five words")
        (whole,) = self._mushra(page, where)
        return [whole | {"conditions": [REFERENCE, name]} for name in _names(page)]

    def _paired_comparison(self, page: dict[str, Any], where: str) -> list[dict[str, Any]]:
        if page.get("unforced"):
            self.left_out.append(f"the answer {str(page['unforced'])!r} on {where}: in ABX one of the two is chosen")
        self.left_out.append("a reference that is always X on paired_comparison pages: X is either of the two")
        names = _names(page)
        own = {"paradigm": "abx", "trials": 1, "pairs": [[REFERENCE, name] for name in names]}
        return [own | {"conditions": [REFERENCE, *names]}]

    def _likert_single_stimulus(self, page: dict[str, Any], where: str) -> list[dict[str, Any]]:
        return [self._likert("single", page, where)]

    def _likert_multi_stimulus(self, page: dict[str, Any], where: str) -> list[dict[str, Any]]:
        return [self._likert("multistimulus", page, where)]

    def _likert(self, paradigm: str, page: dict[str, Any], where: str) -> dict[str, Any]:
        heard = {"ended": 1.0, "processUpdate": 0.05}.get(str(page.get("mustPlayback")), 0.0)
        response = page.get("response") or []
        scales = response if response and isinstance(response[0], list) else [response]
        questions = [self._scale(points, number, page, where) for number, points in enumerate(scales, start=1)]
        own = {"paradigm": paradigm, "min_listened_fraction": heard, "conditions": _names(page)}
        return own | {"questions": [question for question in questions if question]}

    def _scale(
        self, points: list[dict[str, Any]], number: int, page: dict[str, Any], where: str
    ) -> dict[str, Any] | None:
        if not 2 <= len(points) <= MAX_POINTS:
            self.left_out.append(f"scale {number} of {where}: it has {len(points)} points, not 2 to {MAX_POINTS}")
            return None
        self.left_out.append("the values and pictures of Likert scales: answers are stored as 1, 2, 3 ...")
        labels = {str(at): str(point.get("label") or point.get("value")) for at, point in enumerate(points, start=1)}
        name = "rating" if number == 1 else f"rating_{number}"
        text = markdown(page.get("content")) or str(page.get("name") or "Your rating")
        own = {"name": name, "type": "scale", "text": text, "low": 1, "high": len(points), "labels": labels}
        return own | ({} if page.get("mustRate", False) else {"required": False})

    def _add(self, page: dict[str, Any], block: dict[str, Any]) -> None:
        """Put a page's clip into the last block of its kind, or begin one."""
        clip = _name(page.get("id") or page.get("name"))
        named = {_name(key): path for key, path in page["stimuli"].items()}
        named |= {REFERENCE: page["reference"]} if page.get("reference") else {}
        wanted = [Sound(clip, name, str(named[name])) for name in block["conditions"] if name in named]
        self.sounds += [sound for sound in wanted if sound not in self.sounds]
        same = next((each for each in self.blocks if _but_for_clips(each) == _but_for_clips(block)), None)
        if same is not None:
            same["clips"] = list(dict.fromkeys([*same["clips"], clip]))
            same |= {"trials": len(same["clips"])} if "trials" in same else {}
            return
        words = [*self.words, "" if "questions" in block else _headed(page)]
        self.words = []
        text = "\n\n".join(word for word in words if word)
        self.blocks.append(block | {"clips": [clip]} | ({"instructions": text} if text else {}))


def _but_for_clips(block: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key not in ("clips", "instructions", "trials")}


def _names(page: Mapping[str, Any]) -> list[str]:
    return [_name(key) for key in page["stimuli"]]


def _headed(page: Mapping[str, Any]) -> str:
    """A page's text under its name."""
    head = [f"## {page['name']}"] if page.get("name") else []
    return "\n\n".join([*head, *filter(None, [markdown(page.get("content"))])])


def _name(text: object) -> str:
    """What a study file can call it."""
    kept = re.sub(r"[^A-Za-z0-9_.-]+", "_", str(text)).strip("_.-")
    return (kept or "unnamed")[:64]


def markdown(content: object) -> str:
    """The words of a page's HTML as Markdown."""
    writer = _Markdown()
    writer.feed(str(content or ""))
    writer.close()
    lines = [" ".join(line.split()) for line in "".join(writer.parts).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Markdown(HTMLParser):
    """Paragraphs, lists, headings and emphasis; all else keeps its words only."""

    _BEFORE: ClassVar = {
        "p": "\n\n",
        "br": "\n",
        "div": "\n",
        "li": "\n- ",
        "h1": "\n\n## ",
        "h2": "\n\n## ",
        "h3": "\n\n### ",
    }
    _MARKS: ClassVar = {"b": "**", "strong": "**", "em": "*", "i": "*"}
    _AFTER: ClassVar = {"p": "\n\n", "ul": "\n\n", "ol": "\n\n", "h1": "\n\n", "h2": "\n\n", "h3": "\n\n"}

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(self._BEFORE.get(tag, self._MARKS.get(tag, "")))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(self._AFTER.get(tag, self._MARKS.get(tag, "")))

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
