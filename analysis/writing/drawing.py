"""Who draws the figures: this process, or a second one while this one computes.

matplotlib takes as long to import and to draw as the models take to fit; nothing here imports it before it draws.
`python -m analysis.writing.drawing` is the second process: what to draw comes in by its standard input, pickled; None
or the error goes out by its standard output. It ends when its input does, in the middle of a figure too: whoever asked
is gone.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import traceback
from contextlib import nullcontext, suppress
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import IO, Protocol, Self, cast


class Artist(Protocol):
    """Draws the figures of `figure_files.FIGURES`, one after another."""

    def ask(self, name: str, arguments: tuple[object, ...], folder: Path, simulated: bool) -> None:
        """Have a figure drawn from its arguments and written into a folder."""

    def answer(self) -> None:
        """Wait until the next of the figures that were asked for is there; raises what drawing it raised."""

    def stop(self) -> None:
        """Draw nothing more, whatever has been asked for."""


class Here(nullcontext[None]):
    """Draws in this process, at once."""

    def ask(self, name: str, arguments: tuple[object, ...], folder: Path, simulated: bool) -> None:
        """Draw a figure."""
        from analysis.writing.figure_files import write_figure

        write_figure(name, arguments, folder, simulated)

    def answer(self) -> None:
        """Nothing is left to wait for."""

    def stop(self) -> None:
        """Nothing is being drawn."""


class Process:
    """Draws in a process of its own, which begins at once and ends with the context, or with this process."""

    def __init__(self) -> None:
        # Without the working folder, where other modules may lie. Ctrl+C is for this process, which ends the other.
        command = [sys.executable, "-P", "-W", "ignore", "-m", "analysis.writing.drawing"]
        path = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._requests = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def ask(self, name: str, arguments: tuple[object, ...], folder: Path, simulated: bool) -> None:
        """Have a figure drawn as soon as those before it are."""
        try:
            pickle.dump(pickle.dumps((name, arguments, folder, simulated)), self._requests)
            self._requests.flush()
        except OSError:
            raise self._ended() from None

    def answer(self) -> None:
        """Wait for the next figure."""
        try:
            error = pickle.load(self._answers)
        except (EOFError, pickle.UnpicklingError):
            raise self._ended() from None
        if error is not None:
            raise error

    def _ended(self) -> ChildProcessError:
        status = self._process.wait()
        return ChildProcessError(f"The process that draws the figures ended (status {status}); is memory short?")

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._answers.close()
        with suppress(OSError):  # what was asked of a process that is gone
            self._requests.close()


class Figures:
    """The figures of one analysis: asked for as soon as their numbers are there, waited for at its end.

    Parameters
    ----------
    artist
        Who draws; stopped where the block fails, so that nothing more is written into its folder.
    folder
        Where they are written.
    simulated
        Every figure says so.
    """

    def __init__(self, artist: Artist, folder: Path, simulated: bool):
        self._artist, self._folder, self._simulated = artist, folder, simulated
        self._names: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind:
            self._artist.stop()

    def draw(self, name: str, *arguments: object) -> None:
        """Have a figure drawn."""
        self._artist.ask(name, arguments, self._folder, self._simulated)
        self._names.append(name)

    def svgs(self) -> dict[str, str]:
        """Wait for all that were asked for; the SVGs by name."""
        for _ in self._names:
            self._artist.answer()
        return {name: (self._folder / f"{name}.svg").read_text(encoding="utf-8") for name in self._names}


def main() -> None:
    """Draw what is asked for, one figure after another, as the second process."""
    asked: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_read, args=(asked,), daemon=True).start()
    from analysis.writing.figure_files import write_figure

    for backend in ("pdf", "svg"):
        import_module(f"matplotlib.backends.backend_{backend}")
    gc.freeze()
    while True:
        answer = None
        try:
            write_figure(*pickle.loads(asked.get()))
        except Exception as error:  # whatever it is: the process that asked raises it
            error.add_note(traceback.format_exc())
            answer = error
        pickle.dump(answer, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _read(asked: SimpleQueue[bytes]) -> None:
    """Take in what is asked for while something else is being drawn, so that nobody waits for it."""
    try:
        while True:
            asked.put(pickle.load(sys.stdin.buffer))
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
