"""Firefox as Debian packages it, led by Playwright over WebDriver BiDi.

Playwright asks of every page to pretend to a colour scheme, by a command that this Firefox does not know, and goes no
further. Playwright therefore starts this program as its Firefox: it passes on what the two say to each other, and
where Firefox does not know a command, it answers that it is done.
"""

import json
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, open_websocket_url, serve_websocket

NAMES = ("firefox-esr", "firefox")
READY = re.compile(rb"WebDriver BiDi listening on (?P<address>ws://\S+)")
LARGEST_BYTES = 2**28


def find() -> str | None:
    """Path of a Firefox, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def launch(playwright: Any, folder: Path, environment: dict[str, str]) -> Any:
    """Start Firefox; ``folder`` takes the program that Playwright starts in its place."""
    program = folder / "firefox"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).resolve()} "$@"\n')
    program.chmod(0o700)
    return playwright.firefox.launch(channel="moz-firefox", executable_path=program, env=environment)


def answered(message: str) -> str:
    """A message of Firefox, or that it did what it does not know."""
    if '"unknown command"' not in message:
        return message
    said = json.loads(message)
    is_unknown = said.get("error") == "unknown command"
    return json.dumps({"type": "success", "id": said["id"], "result": {}}) if is_unknown else message


async def _pass_on(
    source: WebSocketConnection, target: WebSocketConnection, scope: trio.CancelScope, change: Any
) -> None:
    try:
        while True:
            await target.send_message(change(await source.get_message()))
    except ConnectionClosed:
        scope.cancel()


async def _relay(address: str, request: Any) -> None:
    """Between Playwright, whose connection is asked for, and Firefox, until one of them ends it."""
    playwright = await request.accept()
    async with (
        open_websocket_url(f"{address}/session", max_message_size=LARGEST_BYTES) as firefox,
        trio.open_nursery() as both,
    ):
        both.start_soon(_pass_on, playwright, firefox, both.cancel_scope, str)
        both.start_soon(_pass_on, firefox, playwright, both.cancel_scope, answered)


async def main(arguments: list[str]) -> None:
    """Start Firefox and say on standard error where it can be reached, as it does itself."""
    process = subprocess.Popen([find() or NAMES[0], *arguments], stderr=subprocess.PIPE)
    assert process.stderr
    found = next((found for line in process.stderr if (found := READY.search(line))), None)
    if not found:
        raise OSError(f"Firefox ended with {process.wait()} before it could be reached.")
    async with trio.open_nursery() as nursery:
        serve = partial(serve_websocket, partial(_relay, found["address"].decode()), "127.0.0.1", 0, ssl_context=None)
        server = await nursery.start(partial(serve, max_message_size=LARGEST_BYTES))
        print(f"WebDriver BiDi listening on ws://127.0.0.1:{server.port}", file=sys.stderr, flush=True)
        await trio.to_thread.run_sync(process.stderr.read)  # until Firefox ends
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main, sys.argv[1:])
