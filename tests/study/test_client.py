"""What is kept of a browser: its family, its device and its sound output, and nothing that tells one from another."""

import pytest

from study.design.client import COLUMNS, LIMITS, described

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
PHONE = "Mozilla/5.0 (Linux; Android 14; SM-S911B)"


@pytest.mark.parametrize(
    ("user_agent", "browser", "version", "system", "device"),
    [
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/130.0.0.0 Safari/537.36",
            "Chrome",
            130,
            "Windows",
            "desktop",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/130.0.0.0 Safari/537.36 Edg/130.0.2849.68",
            "Edge",
            130,
            "Windows",
            "desktop",
        ),
        (
            f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/129.0.0.0 Safari/537.36 OPR/114.0.0.0",
            "Opera",
            114,
            "Linux",
            "desktop",
        ),
        (
            f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/129.0.0.0 Safari/537.36",
            "Chrome",
            129,
            "ChromeOS",
            "desktop",
        ),
        (
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
            "Firefox",
            132,
            "Linux",
            "desktop",
        ),
        ("Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", "Firefox", 132, "Android", "phone"),
        (f"{MAC} Version/17.6 Safari/605.1.15", "Safari", 17, "macOS", "desktop"),
        (f"{IPHONE} Version/18.1 Mobile/15E148 Safari/604.1", "Safari", 18, "iOS", "phone"),
        (f"{IPHONE} CriOS/130.0.6723.90 Mobile/15E148 Safari/604.1", "Chrome", 130, "iOS", "phone"),
        (f"{IPHONE} FxiOS/132.0 Mobile/15E148 Safari/605.1.15", "Firefox", 132, "iOS", "phone"),
        (
            "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) Version/12.1.2 Mobile/15E148 Safari/604.1",
            "Safari",
            12,
            "iPadOS",
            "tablet",
        ),
        (
            f"{PHONE} {WEBKIT} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
            "Samsung Internet",
            26,
            "Android",
            "phone",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 13; SM-X700) {WEBKIT} Chrome/130.0.0.0 Safari/537.36",
            "Chrome",
            130,
            "Android",
            "tablet",
        ),
        (f"{PHONE} {WEBKIT} Chrome/130.0.0.0 Mobile Safari/537.36 EdgA/130.0", "Edge", 130, "Android", "phone"),
    ],
)
def test_a_browser_is_known_by_its_family_and_major_version(user_agent, browser, version, system, device):
    found = {"browser": browser, "browser_version": version, "operating_system": system, "device": device}
    assert described(user_agent, {}) == found


def test_a_tablet_that_calls_itself_a_macintosh_is_known_by_its_touch():
    safari = f"{MAC} Version/17.6 Safari/605.1.15"
    assert described(safari, {"touch": True})["operating_system"] == "iPadOS"
    assert described(safari, {"touch": True})["device"] == "tablet"
    for touch in (False, None, 1, "yes"):
        assert described(safari, {"touch": touch})["device"] == "desktop"
    windows = described("Mozilla/5.0 (Windows NT 10.0) Firefox/132.0", {"touch": True})
    assert (windows["operating_system"], windows["device"]) == ("Windows", "desktop")


BOUNDS = [(name, limit, step) for name, limits in LIMITS.items() for limit, step in zip(limits, (-1, 1), strict=True)]


@pytest.mark.parametrize(("name", "limit", "step"), BOUNDS)
def test_what_an_output_cannot_have_is_left_out(name, limit, step):
    assert described("", {name: limit - step}) == {name: limit - step}
    assert described("", {name: limit}) == {name: limit}
    assert described("", {name: limit + step}) == {}


@pytest.mark.parametrize("value", ["48000", True, None, float("nan"), float("inf"), [48000], 10**400])
def test_what_is_no_number_is_left_out(value):
    assert described("", dict.fromkeys(LIMITS, value)) == {}


def test_nothing_else_is_kept_whatever_comes():
    curious = f"Somebody/1.0 (somebody@example.org) {'x' * 5000} Firefox/132.0"
    assert described(curious, {"canvas": "e3b0c442", "screen": [2560, 1440]}) == {}
    assert described("x" * (512 - 12) + " Firefox/132", {})["browser_version"] == 132
    assert described("x" * (512 - 11) + " Firefox/132", {})["browser_version"] == 13
    assert described("Firefox/99999", {})["browser_version"] == 9999
    assert set(described("Mozilla/5.0 (X11; Linux) Firefox/132.0", dict.fromkeys(LIMITS, 3000))) == set(COLUMNS)
