"""What a participant listens with, as far as a browser tells it without identifying anybody.

A browser's own description of itself is read and not kept: family and major version, the system's family and the class
of the device are shared by very many. The output's sample rate and latency are those of Web Audio's `AudioContext`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from study.design.columns import DEVICE, Column
from study.design.telemetry import is_number

COLUMNS = {
    "browser": Column("string", "family of the browser, such as Firefox; empty where it is another or not known"),
    "browser_version": Column("Int64", "major version of the browser", DEVICE),
    "operating_system": Column("string", "Windows, macOS, Linux, ChromeOS, Android, iOS or iPadOS; empty otherwise"),
    "device": Column("string", "desktop (laptops too), phone or tablet"),
    "output_rate_hz": Column("Int64", "sample rate of the browser's audio output, Hz"),
    "base_latency_ms": Column(
        "Int64", "delay that the browser adds to a sound, ms; empty where it does not say", DEVICE
    ),
    "output_latency_ms": Column(
        "Int64", "delay of the sound device as the browser estimates it, ms; empty where it does not", DEVICE
    ),
}

MAX_USER_AGENT = 512
# The rates are those that an implementation of Web Audio may have; no delay is as long as ten seconds.
LIMITS = {"output_rate_hz": (3_000, 768_000), "base_latency_ms": (0, 10_000), "output_latency_ms": (0, 10_000)}

# The first that is found counts: nearly every browser also claims to be Chrome or Safari.
_BROWSERS = {
    "Edge": r"\bEdg(?:e|A|iOS)?/(\d{1,4})",
    "Opera": r"\bOPR/(\d{1,4})",
    "Samsung Internet": r"\bSamsungBrowser/(\d{1,4})",
    "Firefox": r"\b(?:Firefox|FxiOS)/(\d{1,4})",
    "Chrome": r"\b(?:Chrome|HeadlessChrome|CriOS)/(\d{1,4})",
    "Safari": r"\bVersion/(\d{1,4})\S* (?:Mobile/\S+ )?Safari/",
}
_SYSTEMS = {
    "iOS": r"\b(?:iPhone|iPod)\b",
    "iPadOS": r"\biPad\b",
    "Android": r"\bAndroid\b",
    "ChromeOS": r"\bCrOS\b",
    "Windows": r"\bWindows\b",
    "macOS": r"\bMacintosh\b",
    "Linux": r"\b(?:Linux|X11)\b",
}


def described(user_agent: str, sent: Mapping[str, Any]) -> dict[str, str | int]:
    """Browser, system, device and audio output, by the names of `COLUMNS`; what is not known is left out.

    Parameters
    ----------
    user_agent : str
        The header `User-Agent`, of which no more than 512 characters are looked at.
    sent : mapping
        What the page measured: the names of `LIMITS`, and ``touch``, whether the screen takes touches (a tablet of
        Apple's calls itself a Macintosh). What cannot be is left out.
    """
    user_agent = user_agent[:MAX_USER_AGENT]
    found: dict[str, str | int] = {}
    for name, pattern in _BROWSERS.items():
        if match := re.search(pattern, user_agent):
            found |= {"browser": name, "browser_version": int(match[1])}
            break
    system = next((name for name, pattern in _SYSTEMS.items() if re.search(pattern, user_agent)), None)
    if system == "macOS" and sent.get("touch") is True:
        system = "iPadOS"
    if system:
        found |= {"operating_system": system, "device": _device(system, user_agent)}
    for name, (least, most) in LIMITS.items():
        value = sent.get(name)
        if is_number(value) and least <= value <= most:
            found[name] = round(value)
    return found


def _device(system: str, user_agent: str) -> str:
    if system == "Android":
        return "phone" if re.search(r"\bMobile\b", user_agent) else "tablet"
    return {"iOS": "phone", "iPadOS": "tablet"}.get(system, "desktop")
