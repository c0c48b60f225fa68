"""The command of the workbench group: the experimenter's local application."""

import webbrowser
from typing import Annotated

import typer

from app.commands.serve import check_port, is_this_machine


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    cli.command()(workbench)


def workbench(
    host: Annotated[str, typer.Option(help="Address to listen on; 127.0.0.1 is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7870,
    token: Annotated[
        str | None,
        typer.Option(envvar="SEMANTIC_EQ_WORKBENCH_TOKEN", help="The secret that opens it; default: a new one."),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser.")] = True,
) -> None:
    """Design, build, run and analyse a study in the browser, on this machine, until interrupted."""
    import signal
    import threading

    from rich.console import Console

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started here is stopped as after Ctrl+C
    check_port(host, port)
    _check_token(token)
    console = Console()
    with console.status("Starting the workbench: half a minute the first time, seconds later"):
        from app.workbench.application import launched
    with launched(host, port, token) as running:
        console.print(f"Workbench  {running.with_token}", highlight=False, soft_wrap=True)
        if not is_this_machine(host):
            console.print(
                f"It listens on {host}: whoever knows the address can read your recordings and start programs here.",
                style="bold yellow",
                soft_wrap=True,
            )
        console.print("Stop with Ctrl+C.", style="dim")
        try:
            if open_browser:
                webbrowser.open(running.with_token)
            threading.Event().wait()
        except KeyboardInterrupt:
            console.print("Stopped.", style="dim")


def _check_token(token: str | None) -> None:
    from app.settings import SHORTEST_TOKEN

    if token is not None and len(token) < SHORTEST_TOKEN:
        raise ValueError(f"The token has {len(token)} characters; {SHORTEST_TOKEN} or more are hard to guess.")
