"""What anybody can see of a server without taking part: headers, doors, limits, readiness, clock.

No request changes anything: those that could are sent so that the server must refuse them.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from app.deployment.found import Found, bad, good, judged, not_checked
from app.security import BODY_LIMIT_BYTES, HEADERS
from study.clock import SKEW_S

PAGE, STUDY = "/study/", "/api/study"
HARMLESS = "/api/study/leave"  # without a cookie it has nothing to do
ELSEWHERE = "https://elsewhere.example"
LOOKS = 6
BURST = 60
CLOSED = {"/admin/": (303, 401), "/api/admin": (401,), "/metrics": (401,)}
ABSENT = ("/docs", "/openapi.json", "/study/config", "/study/gradio_api/info", "/study/upload")
MIN_HSTS_S = 180 * 24 * 3600


def is_ready(client: httpx.Client) -> Iterator[Found]:
    """Whether people can take part."""
    answer = client.get("/health/ready")
    missing = _json(answer).get("missing") or []
    if answer.status_code == 200 and _json(answer).get("status") == "ready":
        yield good("readiness", "Database, disk and every sound are there.")
    elif missing:
        yield bad("readiness", f"Missing: {', '.join(map(str, missing))}; the admin page says more.")
    else:
        yield bad("readiness", f"/health/ready answers {answer.status_code}: is this a semantic-eq server?")
    state = _json(client.get(STUDY)).get("state")
    wanted = "The study admits participants."
    yield judged("study", state == "open", wanted, f"The study is {state or 'not found at /api/study'}, not open.")


def headers(client: httpx.Client) -> Iterator[Found]:
    """The headers that docs/security.md promises, on a page, an answer and an error, as they arrive here."""
    answers = [client.get(path, headers={"Origin": ELSEWHERE}) for path in (PAGE, STUDY, "/nothing/here")]
    lost = sorted({name for answer in answers for name, value in HEADERS.items() if answer.headers.get(name) != value})
    yield judged(
        "security headers",
        not lost,
        f"{len(HEADERS)} of them came unchanged with a page, an answer and an error.",
        f"{', '.join(lost)} did not arrive as the server sends them: does a proxy change them?",
    )
    yield _policy([answer.headers.get("content-security-policy", "") for answer in answers])
    shared = any("access-control-allow-origin" in answer.headers for answer in answers)
    yield judged(
        "other sites", not shared, "No header lets them read answers.", "A CORS header lets them read answers."
    )
    kept = answers[0].headers.get("cache-control", "")
    yield judged(
        "pages", "no-store" in kept, "No cache may keep them.", f"A cache may keep them ({kept or 'no header'})."
    )
    header = answers[0].headers.get("server", "")
    named = f"The Server header says {header!r}; `server_tokens off` keeps the version to itself."
    yield not_checked("server", named) if re.search(r"/\d", header) else good("server", "It does not give its version.")


def _policy(policies: list[str]) -> Found:
    what = "content policy"
    for policy in policies:
        parts = {words[0]: words[1:] for part in policy.split(";") if (words := part.split())}
        scripts = parts.get("script-src", [])
        if parts.get("default-src") != ["'none'"] or parts.get("object-src") != ["'none'"]:
            return bad(what, f"The content policy is {policy or 'missing'!r}, not the server's own.")
        if not scripts or {"'unsafe-inline'", "*", "https:"} & set(scripts):
            return bad(what, f"Its script-src is {' '.join(scripts) or 'missing'!r}, which lets foreign scripts run.")
    framed = re.search(r"frame-ancestors ([^;]+)", policies[0])
    who = "no site" if framed is None or framed[1].strip() == "'none'" else framed[1].strip()
    return good(what, f"Scripts come from here only; the pages can be framed by {who}.")


def strict_transport(client: httpx.Client) -> Iterator[Found]:
    """Whether browsers are asked to come by TLS only."""
    policy = client.get("/health/live").headers.get("strict-transport-security", "")
    seconds = re.search(r"max-age=(\d+)", policy)
    long_enough = seconds is not None and int(seconds[1]) >= MIN_HSTS_S
    so, else_ = (
        f"Browsers come by TLS only from now on ({policy}).",
        f"Strict-Transport-Security is {policy or 'missing'!r}.",
    )
    yield judged("HSTS", long_enough, so, else_)


def redirect(plain: httpx.Client, host: str) -> Iterator[Found]:
    """Whether plain HTTP leads to TLS, with what the recruiter added to the address."""
    what = "plain HTTP"
    try:
        answer = plain.get("/study/?PROLIFIC_PID=check")
    except httpx.TransportError:
        yield not_checked(what, "Nothing answers there: who types the address without https:// finds no page.")
        return
    to = answer.headers.get("location", "")
    leads = answer.status_code in (301, 302, 307, 308) and to.startswith(f"https://{host}")
    kept = "PROLIFIC_PID=check" in to
    if leads and kept:
        yield good(what, f"It leads to TLS ({answer.status_code}), the recruiter's parameters with it.")
    elif leads:
        yield bad(what, f"It leads to {to}, which loses the recruiter's parameters.")
    else:
        yield bad(what, f"It answers {answer.status_code} itself in place of leading to TLS.")


def doors(client: httpx.Client) -> Iterator[Found]:
    """What must be closed to who is not signed in, and what must not be there."""
    open_ones = [path for path, codes in CLOSED.items() if client.get(path).status_code not in codes]
    yield judged("admin", not open_ones, "Its pages and numbers ask for the token.", f"Open: {', '.join(open_ones)}.")
    there = [path for path in ABSENT if client.get(path).status_code != 404]
    yield judged(
        "inner addresses", not there, "Nothing of Gradio or FastAPI answers.", f"Answering: {', '.join(there)}."
    )
    playground = client.get("/playground/").status_code
    shown = {
        200: "open to everyone; it names the conditions (`--playground admin` keeps it to you)",
        303: "the admin's",
    }
    sentence = f"It is {shown.get(playground, f'not there ({playground})')}."
    yield bad("playground", sentence) if playground == 200 else good("playground", sentence)


def forgery(client: httpx.Client) -> Iterator[Found]:
    """Whether another site's request is refused, and this site's own is not."""
    own = str(client.base_url).rstrip("/").lower()
    own = re.match(r"https?://[^/]+", own)[0]  # type: ignore[index]
    foreign = client.post(HARMLESS, headers={"Origin": ELSEWHERE})
    refused = (foreign.status_code, _json(foreign).get("error")) == (403, "forged")
    yield judged("forgery", refused, "Another site's request is refused.", "Another site's request is not refused.")
    is_own = _json(client.post(HARMLESS, headers={"Origin": own})).get("error") != "forged"
    yield judged(
        "own pages",
        is_own,
        "Their requests are taken for their own.",
        "They are taken for another site's: the proxy must pass the Host header on with its port.",
    )


def sizes(client: httpx.Client) -> Iterator[Found]:
    """Whether what is too long is refused."""
    body = client.post(HARMLESS, content=b"x" * (BODY_LIMIT_BYTES * 2)).status_code
    yield judged(
        "large bodies",
        body == 413,
        f"{BODY_LIMIT_BYTES * 2:,} bytes are refused.",
        f"{BODY_LIMIT_BYTES * 2:,} bytes were answered with {body}, not refused with 413.",
    )
    yield not_checked("uploads", "Those of the playground (40 MB) are not tried: that would be 40 MB for nothing.")


def replicas(connect: Callable[[], AbstractContextManager[httpx.Client]]) -> Iterator[Found]:
    """Whether connections of their own meet the same study in the same version."""
    studies, versions = set(), set()
    for _ in range(LOOKS):
        with connect() as client:
            about = _json(client.get(STUDY, headers={"Accept-Language": "en"}))
            studies.add(json.dumps([about.get(key) for key in ("title", "trials", "minutes", "languages")]))
            versions.update(re.findall(r"/study-assets/(\w+)/", client.get(PAGE).text))
    same = len(studies) == 1 and len(versions) <= 1
    yield judged(
        "replicas",
        same,
        f"{LOOKS} connections of their own met the same study and version; which replica answered cannot be seen.",
        f"{LOOKS} connections met {len(studies)} studies and {len(versions)} versions of the page: replicas differ.",
    )


def clock(client: httpx.Client) -> Iterator[Found]:
    """How far the server's clock is from this machine's."""
    start = time.time()
    date = client.get("/health/live").headers.get("date")
    middle = (start + time.time()) / 2
    if date is None:
        yield not_checked("clock", "The server does not say its time.")
        return
    ahead_s = parsedate_to_datetime(date).timestamp() + 0.5 - middle  # the header has whole seconds
    so = f"It is within {SKEW_S:g} s of this machine's."
    yield judged(
        "clock", abs(ahead_s) <= SKEW_S, so, f"It differs by {ahead_s:+.0f} s from this machine's: set either."
    )


def compression(client: httpx.Client) -> Iterator[Found]:
    """A hint only."""
    encoding = client.get(PAGE, headers={"Accept-Encoding": "gzip"}).headers.get("content-encoding")
    hint = "Pages come uncompressed; `gzip on` for text in the proxy makes a first visit faster (never for sounds)."
    yield good("compression", f"Pages come as {encoding}.") if encoding else not_checked("compression", hint)


def rates(client: httpx.Client, is_public: bool) -> Iterator[Found]:
    """Whether too many starts of sessions are held back: requests that the server refuses, one after another."""
    for number in range(1, BURST + 1):
        answer = client.post("/api/study/session", content=b"[]", headers={"Content-Type": "application/json"})
        if answer.status_code == 429:
            yield good(
                "rates", f"After {number} requests for a session, one after another, the next had to wait (429)."
            )
            return
    unlimited = (
        f"{BURST} requests for a session, one after another, were all taken: limit them as deploy/nginx.conf does."
    )
    yield bad("rates", unlimited) if is_public else not_checked("rates", f"No proxy is in between: {unlimited}")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
