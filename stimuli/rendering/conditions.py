"""The conditions a clip can be heard under, by name: what each does to the clip for a descriptor.

A condition is written ``[NAME=]KIND[:OPTIONS]``: ``original``, ``semantic``, ``flow``, ``static``, a shipped variant
of a model such as ``flow:dimensions=1,beta=0.01`` or ``semantic:origin=audio``, ``reference:PLACE`` and
``match:PLACE``, a file or folder of recordings that the clips are to sound like, or ``external:FOLDER``, a folder of
files that somebody or something else made from the clips. NAME is what the manifest calls it; without one it is the
text itself, of ``reference`` and ``match`` that word, and of ``external`` the folder's own name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from model import EQParams
from stimuli.rendering.by_reference import ByReference
from stimuli.rendering.external import External

if TYPE_CHECKING:
    from model import SemanticEQ

DEFAULT_DESCRIPTORS = ("warm", "bright", "airy")
_SPECIFICATION = re.compile(r"(?:(?P<name>\w[\w .-]*)=)?(?P<kind>\w+)(?::(?P<options>.*))?", re.DOTALL)


class Treatment(Protocol):
    """What a kind of condition provides."""

    @property
    def fingerprint(self) -> str:
        """What the treated sound follows from."""

    @property
    def model_hash(self) -> str | None:
        """Of the weights; None without any."""

    def render(
        self, audio: np.ndarray, sample_rate_hz: int, clip: str, descriptor: str
    ) -> tuple[np.ndarray, EQParams | None]:
        """The treated audio, of the same shape, and the EQ if it was one."""


@dataclass(frozen=True)
class Condition:
    """A named treatment; ``kind`` is the word it was asked for by."""

    name: str
    kind: str
    treatment: Treatment


@dataclass(frozen=True)
class _Original:
    fingerprint: str = "original"
    model_hash: None = None

    def render(
        self, audio: np.ndarray, sample_rate_hz: int, clip: str, descriptor: str
    ) -> tuple[np.ndarray, EQParams | None]:
        return audio, EQParams.flat()


@dataclass(frozen=True)
class _Proposed:
    """A model's proposal, applied; ``options`` go to each call."""

    model: Any
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def fingerprint(self) -> str:
        return f"{type(self.model).__name__} {self.model_hash} {self.options}"

    @property
    def model_hash(self) -> str | None:
        return self.model.model_hash

    def render(
        self, audio: np.ndarray, sample_rate_hz: int, clip: str, descriptor: str
    ) -> tuple[np.ndarray, EQParams | None]:
        setting = self.model.propose(audio, sample_rate_hz, descriptor, **dict(self.options))
        return setting.apply(audio, sample_rate_hz), setting


def _original(**options: str) -> Treatment:
    _none_left("original", options)
    return _Original()


def _semantic(path: str | None = None, origin: str = "flat", intensity: str = "1", **options: str) -> Treatment:
    _none_left("semantic", options, "path, origin, intensity")
    return _Proposed(listener(path), (("intensity", _number("intensity", intensity)), ("origin", origin)))


def _flow(
    path: str | None = None, dimensions: str = "2", beta: str = "0.001", intensity: str = "1", **options: str
) -> Treatment:
    from model import FlowEQ

    _none_left("flow", options, "path, dimensions, beta, intensity")
    model = FlowEQ.load(path, dimensions=int(_number("dimensions", dimensions)), beta=_number("beta", beta))
    variant = f"{model.model_hash}"
    return _Variant(model, (("intensity", _number("intensity", intensity)),), f"{variant} {dimensions} {beta}")


@dataclass(frozen=True)
class _Variant(_Proposed):
    """One of several models in a file, told apart by ``variant``."""

    variant: str = ""

    @property
    def fingerprint(self) -> str:
        return f"{super().fingerprint} {self.variant}"


def _static(path: str | None = None, intensity: str = "1", **options: str) -> Treatment:
    from model import StaticEQ

    _none_left("static", options, "path, intensity")
    return _Proposed(StaticEQ.load(path), (("intensity", _number("intensity", intensity)),))


def _match(place: str) -> Treatment:
    from model import MatchEQ

    return ByReference(MatchEQ(), place)


def _reference(place: str) -> Treatment:
    from model import ReferenceEQ

    return ByReference(ReferenceEQ.load(semantic=listener()), place)


KINDS: dict[str, Callable[..., Treatment]] = {
    "original": _original,
    "semantic": _semantic,
    "flow": _flow,
    "static": _static,
}
# What these make follows from files, so that the place is all that stands after the colon.
OF_FILES: dict[str, Callable[[str], Treatment]] = {"reference": _reference, "match": _match, "external": External}


@cache
def condition(specification: str) -> Condition:
    """The condition that a text such as ``flow:dimensions=1`` asks for, its model loaded once per process.

    Raises
    ------
    ValueError
        For an unknown kind or option, or a model that is not shipped.
    """
    match = _SPECIFICATION.fullmatch(specification.strip())
    named, kind, options = match.group("name", "kind", "options") if match else (None, specification, None)
    if kind in OF_FILES and options:
        name = Path(options).expanduser().name if kind == "external" else kind
        return Condition(named or name, kind, OF_FILES[kind](options))
    if kind not in KINDS:
        known = ", ".join([*KINDS, "reference:PLACE", "match:PLACE", "external:FOLDER"])
        raise ValueError(
            f"Unknown condition {specification!r} (known: {known}), for example flow:dimensions=1,beta=0.01."
        )
    return Condition(named or specification.strip(), kind, KINDS[kind](**_options(options or "")))


def conditions(specifications: tuple[str, ...]) -> list[Condition]:
    """Several conditions, whose names must differ."""
    found = [condition(specification) for specification in specifications]
    names = [each.name for each in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"Two conditions are named {twice.pop()!r}; give one another name, as in NAME=flow:beta=0.01.")
    if not found:
        raise ValueError("A set needs at least one condition.")
    return found


def split_conditions(text: str) -> list[str]:
    """Part a list of conditions at its commas and spaces, but not at those between one's options.

    Examples
    --------
    >>> split_conditions("original,flow:dimensions=1,beta=0.01,mine=static")
    ['original', 'flow:dimensions=1,beta=0.01', 'mine=static']
    """
    kinds = "|".join([*KINDS, *OF_FILES])
    return re.split(rf"[,\s]+(?=(?:\w[\w.-]*=)?(?:{kinds})(?:[:,\s]|$))", text.strip(" ,"))


@cache
def listener(path: str | None = None) -> SemanticEQ:
    """The semantic equaliser, which also says how much a clip already sounds like each descriptor."""
    from model import SemanticEQ

    return SemanticEQ.load(path)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch to one thread, so that sums have one order and workers do not compete for cores."""
    import torch

    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)


def _options(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    for key, equals, _ in pairs:
        if not equals or not key.strip().isidentifier():
            raise ValueError(f"The options {text!r} cannot be read; write them as key=value, separated by commas.")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"The option {name} is {text!r}, but must be a number.") from None


def _none_left(kind: str, options: dict[str, str], known: str = "none") -> None:
    if options:
        raise ValueError(f"The condition {kind} has no option {', '.join(options)}; it has {known}.")
