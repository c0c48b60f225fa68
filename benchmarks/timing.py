"""Timing several ways of doing the same thing, in turns, so that whatever slows the machine slows all of them."""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Timing:
    """Seconds per call of one contestant: the fastest and the median of all rounds, and all of them."""

    seconds: tuple[float, ...]

    @property
    def fastest_s(self) -> float:
        return min(self.seconds)

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)


def side_by_side(contestants: Mapping[str, Callable[[], object]], rounds: int = 15) -> dict[str, Timing]:
    """Call each contestant once per round, in turns, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for round_number in range(rounds + 1):
        for name, call in contestants.items():
            start = time.perf_counter()
            call()
            elapsed = time.perf_counter() - start
            if round_number > 0:
                seconds[name].append(elapsed)
    return {name: Timing(tuple(values)) for name, values in seconds.items()}


def ratio(timings: Mapping[str, Timing], ours: str, theirs: str) -> float:
    """Return the median over rounds of our time by theirs."""
    pairs = zip(timings[ours].seconds, timings[theirs].seconds, strict=True)
    return statistics.median(mine / other for mine, other in pairs)


def options(about: str | None) -> argparse.Namespace:
    """What a benchmark of clips is called with: how many clips and rounds, and whether it writes into the docs."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def machine() -> str:
    """Return a line that says what the times were measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"model name\s*:\s*(.+)", info.read_text(encoding="utf-8"))):
        model = found[1]
    return f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"


def write_section(page: Path, title: str, body: str) -> None:
    """Put ``body`` under the heading ``title`` of a Markdown page, in place of what stood there."""
    text = page.read_text(encoding="utf-8") if page.exists() else "# Benchmarks\n"
    section = f"## {title}\n\n{body.strip()}\n"
    pattern = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", flags=re.DOTALL | re.MULTILINE)
    text = pattern.sub(lambda _: section + "\n", text) if pattern.search(text) else f"{text.rstrip()}\n\n{section}"
    page.write_text(text.rstrip() + "\n", encoding="utf-8")
