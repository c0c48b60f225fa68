"""The participant page's JavaScript as one file and as native modules: ms until it has run, by the speed of the line.

    python -m benchmarks.modules [--rounds 5]

Three pages load the same modules, compressed, from an empty cache over HTTP/1.1, as `serve` speaks it: joined into one
file, as the study page does; apart, each named by `modulepreload`; apart, found one by one. Chromium emulates the line.
"""

import argparse
import gzip
import statistics

import pandas as pd
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from playwright.sync_api import Browser, sync_playwright

from app.participant import page
from benchmarks.timing import machine
from tests.app.study_process import free_port
from tests.browser.install import find
from tests.browser.study_server import in_thread

LINES = {"this machine": (0, 0), "4G": (60, 9_000), "slow 4G": (150, 1_600), "3G": (300, 750), "slow 3G": (400, 400)}
"""Latency in ms and kbit/s."""
STATIC = page.STATIC.resolve()
APART = {path.relative_to(STATIC).as_posix(): gzip.compress(path.read_bytes()) for path in STATIC.rglob("*.js")}
WAYS = ("joined", "preloaded", "one by one")


def application() -> FastAPI:
    """The three pages and their modules."""
    app = FastAPI()
    first = [f"/apart/{path.relative_to(STATIC).as_posix()}" for path in page.modules()]
    preloads = "".join(f'<link rel="modulepreload" href="/apart/{name}">' for name in APART)
    documents = dict(zip(WAYS, [("", ["/study.js"]), (preloads, first), ("", first)], strict=True))

    @app.get("/study.js")
    async def joined() -> Response:
        return compressed(page.COMPRESSED["study.js"])

    @app.get("/apart/{name:path}")
    async def apart(name: str) -> Response:
        return compressed(APART[name])

    @app.get("/{way}")
    async def document(way: str) -> HTMLResponse:
        head, modules = documents[way]
        imports = "".join(f'import "{module}";' for module in modules)
        body = f'<script type="module">{imports} window.ran_ms = performance.now()</script>'
        return HTMLResponse(f'<link rel="icon" href="data:,">{head}{body}')

    return app


def compressed(content: bytes) -> Response:
    """A compressed module."""
    return Response(content, media_type="text/javascript", headers={"Content-Encoding": "gzip"})


def visit(browser: Browser, address: str, latency_ms: int, kbit_per_s: int) -> float:
    """Open a page with an empty cache; ms until its modules have run."""
    context = browser.new_context()
    tab = context.new_page()
    if latency_ms:
        rate = kbit_per_s * 125
        line = {"offline": False, "latency": latency_ms, "downloadThroughput": rate, "uploadThroughput": rate}
        session = context.new_cdp_session(tab)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", line)
    tab.goto(address)
    ran_ms = tab.wait_for_function("window.ran_ms").json_value()
    context.close()
    return ran_ms


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    port = free_port()
    rows = []
    with in_thread(application(), port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find())
        for name, line in LINES.items():
            times = {way: [] for way in WAYS}
            for _ in range(rounds):
                for way in WAYS:
                    times[way].append(visit(browser, f"http://127.0.0.1:{port}/{way}", *line))
            rows.append([name, *(round(statistics.median(times[way])) for way in WAYS)])
    print(f"{machine()}; {rounds} visits of each page in turns, medians")
    print(
        f"{len(APART)} modules, {sum(map(len, APART.values()))} bytes apart, {len(page.COMPRESSED['study.js'])} joined"
    )
    print(pd.DataFrame(rows, columns=["line", *WAYS]).to_string(index=False))


if __name__ == "__main__":
    main()
