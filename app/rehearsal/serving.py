"""The study served as participants would meet it: on 127.0.0.1, over a database that is deleted afterwards."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

DATABASE = "study.sqlite"


@contextmanager
def served(place: str | Path, file: Path | None, folder: Path) -> Iterator[tuple[str, Engine]]:
    """The application over a database in ``place``; gives its address and the database."""
    import uvicorn

    from app.server import create_app
    from app.settings import Settings
    from study.storage.database import opened

    database_url = f"sqlite:///{place}/{DATABASE}"
    given = {"database_url": database_url, "study_file": file, "stimuli": folder, "admin_token": secrets.token_hex(32)}
    app = create_app(Settings(**given, allow_simulated=True))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while thread.is_alive() and not server.started:
            time.sleep(0.02)
        try:
            with opened(database_url) as engine:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}", engine
        finally:
            server.should_exit = True
            thread.join()
