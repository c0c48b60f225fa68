"""A program of the workbench's: `semantic-eq` with these arguments, that ends when the workbench does.

However the workbench ended (closed, killed, crashed), this program's standard input then ends too; it stops as by
Ctrl+C, so that answers that are under way are stored first.
"""

from __future__ import annotations

import os
import signal
import sys
import threading


def main() -> None:
    """Run the command, and watch."""
    threading.Thread(target=_watch, daemon=True).start()
    from app.cli import main as command

    command()


def _watch() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
