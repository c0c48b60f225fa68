"""Commands of the serve group: the server itself."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from app.commands.places import DATABASE_URL, SETS, DatabaseUrl, Set, set_folder, set_of

if TYPE_CHECKING:
    from app.settings import Settings

AdminToken = Annotated[
    str | None,
    typer.Option(
        envvar="SEMANTIC_EQ_ADMIN_TOKEN", help="The admin's secret; default: one that is made and kept in data/."
    ),
]


class Playground(StrEnum):
    """Who may use the playground."""

    OPEN = "open"
    ADMIN = "admin"
    OFF = "off"


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    cli.command()(serve)
    cli.command()(metrics_token)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 127.0.0.1 is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    database_url: DatabaseUrl = DATABASE_URL,
    stimuli_set: Set = None,
    study: Annotated[Path | None, typer.Option(help="Study file; default: the running one, else the shipped one.")] = (
        None
    ),
    allow_simulated: Annotated[bool, typer.Option(help="Let `semantic-eq simulate` take part.")] = False,
    admin_token: AdminToken = None,
    playground: Annotated[
        Playground | None,
        typer.Option(help="Who may use the playground; default: open on this machine only, else admin."),
    ] = None,
    root_path: Annotated[str, typer.Option(help="Prefix that a reverse proxy strips, e.g. /listening.")] = "",
    frame_ancestors: Annotated[str, typer.Option(help="Sites that may embed the pages (CSP source list).")] = "'none'",
    trusted_proxies: Annotated[
        str, typer.Option(help="Addresses of reverse proxies whose X-Forwarded-Proto is believed.")
    ] = "127.0.0.1",
    workers: Annotated[int, typer.Option(min=1, help="Number of server processes.")] = 1,
    log: Annotated[bool | None, typer.Option(help="Write one JSON line per request to stderr.")] = None,
) -> None:
    """Serve the study, the playground and the admin page until interrupted."""
    # Many small requests share the cores; threads of one matrix product would only fight over them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    check_port(host, port)
    from app.settings import Settings
    from app.settings import admin_token as kept_token
    from study.storage import private

    console = Console()
    data = Path("data")
    private.make_folder(data)
    private.close_to_others(data)
    folder = set_folder(stimuli_set or set_of(study, database_url))
    _build_if_missing(folder)
    settings = Settings(
        database_url=database_url,
        stimuli=folder,
        study_file=study,
        allow_simulated=allow_simulated,
        root_path=root_path,
        admin_token=admin_token or kept_token(data),
        playground=playground or (Playground.OPEN if is_this_machine(host) else Playground.ADMIN),
        frame_ancestors=frame_ancestors,
        log_requests=not sys.stderr.isatty() if log is None else log,
    )
    where = "the token you gave" if admin_token else f"token in {data / 'admin-token'}"
    _run(settings, host, port, workers, trusted_proxies, console, where)


def metrics_token(admin_token: AdminToken = None) -> None:
    """Print the token with which Prometheus reads /metrics: `Authorization: Bearer TOKEN`; it opens nothing else."""
    from app.admin import access
    from app.settings import admin_token as kept_token

    print(access.metrics_token(admin_token or kept_token(Path("data"))))


def _run(
    settings: Settings, host: str, port: int, workers: int, trusted_proxies: str, console: Console, where: str
) -> None:
    import uvicorn

    from app.connections import Connection
    from app.observing import MULTIPROCESS, log_json_lines

    log_json_lines(settings.log_requests)
    settings.to_environment()
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "log_config": None,
        "access_log": False,
        "http": Connection,
        "ws": "none",
        "loop": "app.connections:Loop",
        "server_header": False,
        "forwarded_allow_ips": trusted_proxies,
        "timeout_graceful_shutdown": 10,
        # A worker that is still importing on a busy machine is slow, not dead: by default it would be killed after 5 s.
        "timeout_worker_healthcheck": 120,
        "root_path": settings.root_path,
    }
    address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
    if workers > 1:
        with tempfile.TemporaryDirectory(prefix="semantic-eq-") as shared:
            (Path(shared) / "metrics").mkdir()
            os.environ[MULTIPROCESS] = str(Path(shared) / "metrics")
            settings.model_copy(update={"playground_folder": Path(shared) / "clips"}).to_environment()
            _announce(console, settings, address, where)
            uvicorn.run("app.server:from_environment", factory=True, workers=workers, **options)
        return
    from app.server import create_app

    application = create_app(settings)
    _announce(console, settings, address, where)
    uvicorn.run(application, **options)


def _announce(console: Console, settings: Settings, address: str, where: str) -> None:
    console.print(f"Participants  {address}/study/", highlight=False)
    console.print(f"Admin         {address}/admin/  ({where})", highlight=False)
    if settings.playground != "off":
        console.print(f"Playground    {address}/playground/", highlight=False)
    console.print("Stop with Ctrl+C.", style="dim")


def _build_if_missing(folder: Path) -> None:
    """Make the default set at the first start; any other set is the experimenter's to make."""
    if folder != SETS / "default" or (folder / "manifest.json").is_file():
        return
    from app.commands.stimuli import build

    typer.echo("Building the default stimulus set, once:")
    build(out=folder)


def check_port(host: str, port: int) -> None:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except socket.gaierror:
        raise ValueError(f"--host {host} is not an address of this machine.") from None
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError as error:
            reason = error.strerror.lower() if error.strerror else "unknown reason"
            raise ValueError(
                f"Cannot listen on {host}:{port} ({reason}): stop the other server or choose another --port."
            ) from None


def is_this_machine(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "::1")
