"""What a browser finds on a desktop and not on a server: a sound device and a screen."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def sound_device(folder: Path) -> Iterator[dict[str, str]]:
    """Start a PulseAudio server that plays into nothing, in real time; gives the environment that leads to it."""
    socket = folder / "pulse.socket"
    command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--log-level=error"]
    command += ["--load=module-null-sink", f"--load=module-native-protocol-unix socket={socket} auth-anonymous=1"]
    environment = os.environ | {"XDG_RUNTIME_DIR": str(folder), "PULSE_SERVER": f"unix:{socket}"}
    with _running(command, environment) as server:
        ready = ["pactl", "info"]
        while subprocess.run(ready, env=environment, capture_output=True, check=False).returncode:
            if server.poll() is not None:
                raise OSError(f"PulseAudio ended with {server.returncode} before it could be asked.")
        yield environment


@contextmanager
def screen(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Start an X server that draws into memory; gives the environment that leads to it."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with _running(command, environment) as server:
        assert server.stdout
        yield environment | {"DISPLAY": f":{server.stdout.readline().decode().strip()}"}


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
