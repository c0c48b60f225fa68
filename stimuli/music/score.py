"""The notation of the built-in scores: TOML files of parts, each a string of bars on a grid.

A bar is divided evenly among its tokens, so four tokens in a bar of 2/4 are eighths and six are triplets. A token is
a note (``Bb3``, ``F#4``), a chord (``C4+E4+G4``), a stroke on a drum (``x``), ``-`` to hold what sounds or ``.`` to
rest; ``!`` behind it is an accent and ``?`` a soft note. A bar of ``%`` repeats the one before it. Times are in
seconds, pitches are MIDI numbers, velocities run from 1 to 127.
"""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCORES = Path(__file__).parent / "scores"
_PITCH = re.compile(r"([A-G])([#b]?)(-?\d)")
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_STRESS = {"!": 16, "?": -22, "": 0}
_TIMING_SD_S = 0.004
_VELOCITY_SPREAD = 5


@dataclass(frozen=True)
class Note:
    """One note: when it starts, how long it is held, its MIDI pitch (0 for a drum's own) and how hard it is struck."""

    start_s: float
    duration_s: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Part:
    """One instrument's notes and its place in the mix; ``pan`` runs from -1 (left) to 1."""

    instrument: str
    notes: tuple[Note, ...]
    pan: float
    gain_db: float
    reverb_db: float


@dataclass(frozen=True)
class Score:
    """A short piece; ``duration_s`` includes the tail after its last bar."""

    name: str
    title: str
    duration_s: float
    reverb_s: float
    parts: tuple[Part, ...]


def names() -> list[str]:
    """The built-in scores, in the order of the default set."""
    return tomllib.loads((SCORES / "order.toml").read_text(encoding="utf-8"))["order"]


def load(name: str) -> Score:
    """Read one built-in score, its timing and velocities humanised in the same way every time."""
    table = tomllib.loads((SCORES / f"{name}.toml").read_text(encoding="utf-8"))
    beat_s = 60 / table["bpm"]
    bar_s = beat_s * table["beats_per_bar"]
    parts = []
    for index, part in enumerate(table["part"]):
        player = random.Random(f"{name} {index}")
        events = _events(part["bars"], f"{name}.toml, part {index + 1}")
        parts.append(
            Part(
                instrument=part["instrument"],
                notes=tuple(_perform(events, part, bar_s, beat_s, table.get("swing", 0.5), player)),
                pan=part.get("pan", 0.0),
                gain_db=part.get("gain_db", 0.0),
                reverb_db=part.get("reverb_db", -14.0),
            )
        )
    n_bars = max(len(_bars(part["bars"])) for part in table["part"])
    return Score(name, table["title"], n_bars * bar_s + table["tail_s"], table.get("reverb_s", 1.0), tuple(parts))


def pitch_number(name: str) -> int:
    """The MIDI number of a note name.

    Examples
    --------
    >>> pitch_number("A4"), pitch_number("Bb3"), pitch_number("x")
    (69, 58, 0)
    """
    if name == "x":
        return 0
    match = _PITCH.fullmatch(name)
    if not match:
        raise ValueError(f"{name!r} is not a note; write one like C4, F#3 or Bb2, or x for a drum's stroke.")
    letter, accidental, octave = match.groups()
    return 12 * (int(octave) + 1) + _SEMITONES[letter] + {"#": 1, "b": -1, "": 0}[accidental]


@dataclass
class _Event:
    """A token in bars from the start: its pitches, when it begins, how long it is held and its stress."""

    pitches: list[int]
    start_bars: float
    length_bars: float
    stress: int


def _bars(text: str) -> list[list[str]]:
    bars: list[list[str]] = []
    for bar in text.split("|"):
        tokens = bar.split()
        if tokens == ["%"] and bars:
            tokens = bars[-1]
        if tokens:
            bars.append(tokens)
    return bars


def _events(text: str, where: str) -> list[_Event]:
    events: list[_Event] = []
    sounding = None
    for bar, tokens in enumerate(_bars(text)):
        for index, token in enumerate(tokens):
            step = 1 / len(tokens)
            if token == ".":
                sounding = None
            elif token == "-":
                if sounding is None:
                    raise ValueError(f"{where}: bar {bar + 1} holds a note where none sounds.")
                sounding.length_bars += step
            else:
                stress = token[-1] if token[-1] in _STRESS else ""
                pitches = [pitch_number(name) for name in token.removesuffix(stress).split("+")]
                sounding = _Event(pitches, bar + index * step, step, _STRESS[stress])
                events.append(sounding)
    return events


def _perform(
    events: list[_Event], part: dict[str, Any], bar_s: float, beat_s: float, swing: float, player: random.Random
) -> list[Note]:
    """Turn events into notes: swing, dynamics per bar, strummed chords, and a little of a player's unevenness."""
    dynamics = part.get("dynamics_db", [0.0])
    strum_s = part.get("strum_ms", 0.0) / 1000
    notes = []
    for event in events:
        late_s = player.gauss(0, _TIMING_SD_S) + part.get("late_ms", 0.0) / 1000
        start_s = max(0.0, _swung(event.start_bars * bar_s, beat_s, swing) + late_s)
        level = dynamics[int(event.start_bars) % len(dynamics)]
        held_s = event.length_bars * bar_s * part.get("legato", 0.96) + part.get("ring_beats", 0.0) * beat_s
        for string, pitch in enumerate(event.pitches):
            velocity = part.get("velocity", 88) + event.stress + 1.6 * level
            velocity += player.uniform(-_VELOCITY_SPREAD, _VELOCITY_SPREAD)
            notes.append(Note(start_s + string * strum_s, held_s, pitch, round(min(max(velocity, 8), 127))))
    return notes


def _swung(start_s: float, beat_s: float, swing: float) -> float:
    """Move a time so that the middle of each beat falls on its share ``swing`` (0.5 is straight)."""
    beat, place = divmod(start_s / beat_s + 1e-9, 1)
    place = place * 2 * swing if place < 0.5 else swing + (place - 0.5) * 2 * (1 - swing)
    return (beat + place) * beat_s
