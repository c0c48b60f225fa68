"""The application as people deploy it: `semantic-eq` processes, and nginx with this project's own deploy/nginx.conf."""

import getpass
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
START_S = 240
MAIN = """{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def command(*arguments: object) -> list[str]:
    """A `semantic-eq` command of this interpreter."""
    return [sys.executable, "-m", "app", *(str(argument) for argument in arguments)]


def run(*arguments: object, folder: Path, **more: str) -> str:
    """Run a `semantic-eq` command in a folder to its end; gives what it printed."""
    done = subprocess.run(
        command(*arguments), cwd=folder, env=environment(more), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def served(folder: Path, port: int, *arguments: object, **more: str):
    """`semantic-eq serve` in a folder of its own, once it is ready; killed at the end if it still runs."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "serve.log"
    with log.open("w") as written:
        process = subprocess.Popen(
            command("serve", "--port", port, *arguments),
            cwd=folder, env=environment(more), stdout=written, stderr=written, start_new_session=True,
        )  # fmt: skip
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}/health/ready", log)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def kill(process: subprocess.Popen) -> None:
    """End a server and its workers as a power cut would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def nginx(folder: Path, replicas: list[int], http: int, https: int, *, counted: bool = False):
    """nginx with deploy/nginx.conf but other paths and ports; gives the environment that trusts its certificate.

    One machine is the whole crowd, so its rates hold only for tests that ask for them (``counted``).
    """
    folder.mkdir()
    _certificate(folder)
    site = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    servers = "".join(f"server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;\n" for port in replicas)
    for was, becomes in {
        "server study:7860 max_fails=1 fail_timeout=2s;": servers,
        "listen 80;": f"listen 127.0.0.1:{http};",
        "listen 443 ssl": f"listen 127.0.0.1:{https} ssl",
        "/etc/nginx/tls": str(folder),
        "# location /listening/": "location /listening/",
        "# 192.0.2.0/24 0;": "" if counted else "127.0.0.0/8 0;",
    }.items():
        assert was in site, was
        site = site.replace(was, becomes)
    (folder / "site.conf").write_text(site)
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""  # else its workers may not enter the folder
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    process = subprocess.Popen([_program("nginx"), "-p", folder, "-c", folder / "nginx.conf"])
    trusting = {"SSL_CERT_FILE": str(folder / "fullchain.pem")}
    try:
        _wait_until_ready(process, f"https://127.0.0.1:{https}/health/live", folder / "error.log", folder)
        yield trusting
    finally:
        process.terminate()
        process.wait()


def _certificate(folder: Path) -> None:
    made = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem", "-days", "2"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=127.0.0.1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([_program("openssl"), "req", "-x509", *kind, *names, *made], check=True, capture_output=True)


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        raise OSError(f"This test needs the program {name}: install Debian's package `{name}`.")
    return found


def environment(more: dict[str, str]) -> dict[str, str]:
    """What a process of this tree's `semantic-eq` needs."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}


def _wait_until_ready(process: subprocess.Popen, address: str, log: Path, tls: Path | None = None) -> None:
    verify = ssl.create_default_context(cafile=tls / "fullchain.pem") if tls else True
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise OSError(f"It ended with {process.returncode}: {log.read_text() if log.exists() else ''}")
        try:
            if httpx.get(address, verify=verify, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{address} was not ready within {START_S} s: {log.read_text()}")
