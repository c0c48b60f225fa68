"""The study file: `study.toml` as typed, checked data.

Every text may be one string (shown in every language) or a table of languages: ``title = {en = "...", de =
"..."}``. Seconds and decibels stand in the key's name. Nothing has a meaning outside this file: what is not named
here is not done.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import AfterValidator, Field, ValidationError, create_model, model_validator
from pydantic_core import ErrorDetails

from study.design import files, order, texts
from study.design.blocks import Block
from study.design.checks import Checks
from study.design.parts import ADDRESS_PATTERN, FORMER_NAMES, NAME_PATTERN, Name, Part, Text, distinct
from study.design.sections import Analysis, Descriptor, Design, Recruitment, Scale, Screening
from study.kinds import KINDS, PARADIGMS

QUOTES = "'"
PATTERNS = {  # in words
    NAME_PATTERN: "a name has letters, digits, _, - and ., begins with a letter or digit, and is at most 64 long",
    ADDRESS_PATTERN: "an address begins with http:// or https://",
}
SHIPPED = Path(__file__).with_name("default.toml")
_Blocks: Any = Annotated[Union[tuple(kind.block for kind in PARADIGMS.values())], Field(discriminator="paradigm")]  # noqa: UP007
_FIELDS: dict[str, Any] = {kind.key: kind.field for kind in KINDS.values() if kind.key and kind.field}
_Parts = create_model("_Parts", __base__=Part, **_FIELDS)


class Definition(_Parts):
    """A whole study file: what is here, and the tables of the kinds of step. A missing one switches its step off."""

    title: Text
    """The study's name, shown to participants."""
    welcome: Text = ""
    """Text of the start page, in Markdown."""
    contact: str = Field("", max_length=500)
    """Whom participants can ask, shown on every page."""
    languages: Annotated[list[Name], AfterValidator(distinct)] = Field(["en"], min_length=1)
    """Languages that participants may choose; the first is the fallback."""
    messages: dict[Name, dict[str, str]] = Field(default_factory=dict)
    """The page's own texts in other languages: by language, a file beside this one that `study language` wrote."""
    seed: int = 0
    """Decides the orders of trials."""
    stimuli: Name = "default"
    """Name of the stimulus set under data/stimuli."""
    conditions: Annotated[list[Name], AfterValidator(distinct)] = Field(min_length=2)
    """The conditions to compare, as the set names them."""
    descriptors: list[Descriptor] = Field(min_length=1)
    """The words that clips are rated on."""
    clips: Annotated[list[Name], AfterValidator(distinct)] | None = None
    """The clips to use; without it, all of the set."""
    scale: Scale = Scale()
    """The rating scale."""
    design: Design = Design()
    """The order of trials."""
    blocks: list[_Blocks] = Field(default_factory=list)
    """Blocks of different paradigms; without them, one of single ratings."""
    checks: Checks = Checks(attention=0)
    """Trials that check attention and reliability."""
    screening: Screening = Screening()
    """Rules of exclusion."""
    analysis: Analysis = Analysis()
    """What the analysis is to test."""
    recruitment: Recruitment = Recruitment()
    """Who may take part."""

    if TYPE_CHECKING:

        def __getattr__(self, table: str) -> Any:
            """The table of a kind of step, which only the registry knows."""

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Definition:
        distinct([descriptor.name for descriptor in self.descriptors])
        return self

    @model_validator(mode="after")
    def _smallest_effect_fits_the_scale(self) -> Definition:
        effect, points = self.analysis.smallest_effect, self.scale.high - self.scale.low
        if effect is not None and effect >= points:
            raise ValueError(f"analysis.smallest_effect is {effect:g}; the scale has {points} points")
        return self

    @model_validator(mode="after")
    def _blocks_name_what_there_is(self) -> Definition:
        known = {"conditions": self.conditions, "descriptors": [d.name for d in self.descriptors], "clips": self.clips}
        for number, block in enumerate(self.blocks, start=1):
            for key, names in known.items():
                if unknown := sorted(set(getattr(block, key) or ()) - set(names or getattr(block, key) or ())):
                    raise ValueError(f"block {number} names {unknown[0]}, which is not among the study's {key}")
        _ = self.effective_blocks  # what a paradigm refuses
        return self

    @cached_property
    def effective_blocks(self) -> tuple[Block, ...]:
        """The blocks of the study; without any, one of single ratings as [design], [scale] and [checks] say."""
        blocks = self.blocks or [PARADIGMS["single"].block(paradigm="single")]
        return tuple(PARADIGMS[block.paradigm].resolved(block, self) for block in blocks)

    def block_of(self, detail: Mapping[str, Any]) -> Block:
        """The block that a step with this ``detail`` belongs to."""
        return self.effective_blocks[detail.get("block", 0)]

    @property
    def n_block_orders(self) -> int:
        """Orders of the blocks that participants are spread over."""
        return order.n_rows(len(self.effective_blocks)) if self.design.block_order == "counterbalanced" else 1

    def block_order(self, block_row: int) -> list[int]:
        """Numbers of the blocks, from 0, in the order of who has this row."""
        n, orders = len(self.effective_blocks), self.n_block_orders
        return order.williams(n)[block_row % orders] if orders > 1 else list(range(n))

    def descriptor(self, name: str | None) -> Descriptor | None:
        """A descriptor by its name."""
        return next((descriptor for descriptor in self.descriptors if descriptor.name == name), None)

    def canonical(self) -> str:
        """The definition as JSON text in which equal definitions are equal."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, indent=1)

    @property
    def sha256(self) -> str:
        """Hash of `canonical`."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def text(self, text: Text | None, language: str) -> str:
        """A text in ``language``, else in the study's first language, else in any."""
        if isinstance(text, dict):
            return text.get(language) or text.get(self.languages[0]) or next(iter(text.values()), "")
        return text or ""

    def page_texts(self, language: str) -> dict[str, str]:
        """The page's own texts in a language: the study's where it brings them, else the program's."""
        return (
            texts.messages(texts.FALLBACK) | self.messages[language]
            if language in self.messages
            else texts.messages(language)
        )


def load(path: str | Path | None = None) -> Definition:
    """Read a study file, TOML or (as an export holds it) JSON; None reads the shipped one.

    Raises
    ------
    ValueError
        One sentence that names the key, what was found there and what may stand there.
    """
    path = Path(path or SHIPPED)
    try:
        table = files.read(path)
    except FileNotFoundError:
        raise ValueError(f"There is no study file {path}; `semantic-eq study new` writes one to start from.") from None
    found = parse(table, str(path), path.parent)
    if former := sorted(_keys(table) & FORMER_NAMES.keys()):
        now = ", ".join(f"{name} is now {FORMER_NAMES[name]}" for name in former)
        warnings.warn(f"{path} has keys by their former names, which still work: {now}.", FutureWarning, stacklevel=2)
    return found


def _keys(table: Any) -> set[str]:
    """Names of all keys in a study file's tables."""
    if not isinstance(table, dict):
        return set()
    return set(table).union(*(_keys(value) for value in table.values()))


def parse(table: dict[str, Any], name: str = "the study file", folder: Path = Path()) -> Definition:
    """Check a study file's content; see `load`. Files that it names are looked for in ``folder``."""
    try:
        return Definition.model_validate(_with_messages(table, folder))
    except ValidationError as error:
        problems = "; ".join(_problem(item) for item in error.errors()[:5])
        more = len(error.errors()) - 5
        raise ValueError(f"{name}: {problems}{f'; and {more} more' if more > 0 else ''}.") from None


def _with_messages(table: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The content with the texts in place of the files that hold them."""
    named = table.get("messages")
    if not isinstance(named, dict):
        return table
    read = {code: texts.read_own(folder / file) if isinstance(file, str) else file for code, file in named.items()}
    return table | {"messages": read}


def _names(schema: Any) -> set[str]:
    """Names of all keys that a schema knows, in all its tables."""
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    own = set(schema.get("properties", ())) if isinstance(schema, dict) else set()
    return own.union(*(_names(part) for part in inner))


def _problem(item: ErrorDetails) -> str:
    """`design.min_listened_fraction: input should be less than or equal to 1, found 1.5`."""
    key = ".".join(str(part) for part in item["loc"] if part not in ("str", "dict[str,str]")) or "the file"
    message, known = item["msg"].removeprefix("Value error, ").replace(" after validation", ""), item.get("ctx", {})
    if item["type"] == "missing":
        return f"{key} is missing"
    if item["type"] == "union_tag_not_found":
        return f"{key}.{known['discriminator'].strip(QUOTES)} is missing"
    if item["type"] == "union_tag_invalid":
        of = known["discriminator"].strip(QUOTES)
        return f"{key}.{of} should be one of {known['expected_tags']}, found {known['tag']!r}"
    if item["type"] == "string_pattern_mismatch":
        message = PATTERNS.get(known["pattern"], message)
    if item["type"] == "extra_forbidden":
        meant = get_close_matches(str(item["loc"][-1]), _names(Definition.model_json_schema()), 1, cutoff=0.75)
        return f"{key} is not a key that a study file has{f' (is {meant[0]} meant?)' if meant else ''}"
    found = "" if isinstance(item["input"], dict | list) else f", found {str(item['input'])[:80]!r}"
    return f"{key}: {message[0].lower()}{message[1:]}{found}"
