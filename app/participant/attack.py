"""An attack on blindness: can conditions be identified from what a browser receives, without decoding the sound?

Sessions are taken over HTTP; of each sound the attacker notes bytes, headers, time and order, and knows by ear which
clip it is and from the page which word is asked for. A classifier learns from sessions whose conditions it is given and
guesses those of others. Beside it stands the same attack with the masks taken off, which must succeed: a compressed
file's size says much about its sound, so an attack that misses it there would prove nothing.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
import pandas as pd

from analysis.statistics.distinguishing import HeldOut, held_out
from app.participant.masking import unmask
from app.participant.simulated import Crowd
from study.design.listeners import EFFECTS, Model
from study.design.stimuli import Stimulus

_HEAD_BYTES, _END_BYTES = 48, 4096


@dataclass(frozen=True)
class Received:
    """One sound as it came: what can be measured on its bytes, their hash, and their two ends."""

    measures: np.ndarray
    sha256: str
    ends: np.ndarray


@dataclass
class Wiretap(Crowd):
    """Simulated participants who keep a record of each sound: ``masked`` and, with the mask off, ``unmasked``.

    Without ``keeps_unmasked`` only the first, which takes half the time.
    """

    model: Model = field(default_factory=lambda: Model(dict(EFFECTS), dropout=0.0))
    fetch_audio: bool = True
    keeps_unmasked: bool = True
    masked: dict[str, Received] = field(default_factory=dict)
    unmasked: dict[str, Received] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def recognise(self, reply: httpx.Response, address: str) -> Stimulus | None:
        sound = address.partition("#")[0].rpartition("/")[2]
        self.headers[sound] = repr(sorted((name, value) for name, value in reply.headers.items() if name != "date"))
        self.masked[sound] = received(reply.content, reply)
        if self.keeps_unmasked:
            self.unmasked[sound] = received(unmask(reply.content, address), reply)
        return super().recognise(reply, address)


def received(data: bytes, reply: httpx.Response) -> Received:
    """What an attacker measures on the bytes of a reply: sizes, structure and statistics, and how it came."""
    values = np.frombuffer(data, np.uint8)
    shares = np.bincount(values, minlength=256) / max(values.size, 1)
    mean = (np.arange(256) * shares).sum()
    sd = np.sqrt(((np.arange(256) - mean) ** 2 * shares).sum())
    entropy_bits = -(shares[shares > 0] * np.log2(shares[shares > 0])).sum()
    longest_zeros = _longest_run(np.flatnonzero(values == 0))
    deflated = [len(zlib.compress(part, 1)) for part in (data[:16384], data[-16384:])]
    came = [len(data), len(str(reply.headers.raw)), len(reply.headers), reply.elapsed.total_seconds()]
    about = [mean, sd, entropy_bits, shares[0], longest_zeros, *deflated]
    head = np.zeros(_HEAD_BYTES)
    head[: min(values.size, _HEAD_BYTES)] = values[:_HEAD_BYTES]
    ends = np.concatenate([values[:_END_BYTES], values[-_END_BYTES:]])
    return Received(np.array([*came, *about, *head]), hashlib.sha256(data).hexdigest(), ends)


def _longest_run(places: np.ndarray) -> int:
    """How many places, in order, follow each other without a gap."""
    ends = np.flatnonzero(np.diff(places) > 1)
    return int(np.diff(np.concatenate([[-1], ends, [places.size - 1]])).max()) if places.size else 0


@dataclass(frozen=True)
class Outcome:
    """What an attack achieved: accuracies by what was held out, sounds known by a hash, repeats recognised."""

    by_clip: HeldOut
    by_session: HeldOut
    n_sounds: int
    n_hashes_known: int
    n_repeats: int
    n_repeats_linked: int
    repeats_by_chance: float

    @property
    def is_blind(self) -> bool:
        """Whether nothing was identified beyond chance and nothing looked up."""
        return self.by_clip.is_chance and self.by_session.is_chance and not self.n_hashes_known


def evaluate(ratings: pd.DataFrame, sounds: dict[str, Received], headers: dict[str, str], hashes: set[str]) -> Outcome:
    """Attack the presentations of `study.export.ratings`, of which ``sounds`` came; ``hashes``: the set's SHA-256.

    Raises
    ------
    ValueError
        When there are no single ratings, or too few sessions or clips.
    """
    rated = ratings[ratings.kind.eq("rating") & ratings.trial.isin(list(sounds))].reset_index(drop=True)
    if rated.empty:
        raise ValueError("The study has no single ratings, whose sounds the attack tries to tell apart.")
    features, labels = _features(rated, sounds), rated.condition.to_numpy(str)
    links = [_link(row, rated, sounds) for row in ratings[ratings.kind.eq("repeat")].itertuples()]
    return Outcome(
        by_clip=held_out(features, labels, rated["clip"].to_numpy(str)),
        by_session=held_out(features, labels, rated.session.to_numpy(str)),
        n_sounds=len(sounds),
        n_hashes_known=n_known(sounds, headers, hashes),
        n_repeats=len(links),
        n_repeats_linked=sum(linked for linked, _ in links),
        repeats_by_chance=sum(chance for _, chance in links),
    )


def n_known(sounds: dict[str, Received], headers: dict[str, str], hashes: set[str]) -> int:
    """Count the sounds whose bytes or headers hold a hash of the set."""
    return sum(sounds[name].sha256 in hashes or any(each in headers[name] for each in hashes) for name in sounds)


def _features(rated: pd.DataFrame, sounds: dict[str, Received]) -> np.ndarray:
    """Measures relative to the same clip's in the session, how near its nearest are, and all that for each word."""
    measures = np.stack([sounds[name].measures for name in rated.trial])
    words = rated.descriptor.to_numpy(str)
    same_clip = list(rated.groupby(["session", "clip"]).indices.values())
    relative = np.zeros(measures.shape)
    for rows in same_clip:
        relative[rows] = measures[rows] - measures[rows].mean(axis=0)
    relative /= np.maximum(relative.std(axis=0), 1e-9)
    nearest = np.zeros(measures.shape)
    for rows in same_clip:
        apart = np.abs(relative[rows][:, None] - relative[rows][None])
        apart[words[rows][:, None] == words[rows][None]] = np.inf
        closest = apart.min(axis=1)
        nearest[rows] = np.where(np.isfinite(closest), closest, 0.0)
    order = rated.groupby("session").cumcount().to_numpy()[:, None]
    base = np.column_stack([relative, relative**2, np.log(nearest + 1e-3), order])
    return np.column_stack([base, *(base * (words == word)[:, None] for word in np.unique(words))])


def _link(repeat: Any, rated: pd.DataFrame, sounds: dict[str, Received]) -> tuple[bool, float]:
    """Whether the presentation whose bytes agree most with a repeat's is its first one, and the chance of that."""
    before = rated[rated.session.eq(repeat.session) & rated["clip"].eq(repeat.clip)]
    before = before[before.trial < repeat.trial]
    ends = sounds[repeat.trial].ends
    agree = [_agreement(ends, sounds[name].ends) for name in before.trial]
    return bool(before.trial.iloc[int(np.argmax(agree))] == repeat.repeat_of), 1 / len(before)


def _agreement(one: np.ndarray, other: np.ndarray) -> float:
    n = min(one.size, other.size)
    return float((one[:n] == other[:n]).mean())
