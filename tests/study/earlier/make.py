"""Made the study beside this file with the program as it was at commit 05d515e, the first that a study was run with.

    git worktree add --detach /tmp/earlier 05d515e
    cd /tmp/earlier && python .../tests/study/earlier/make.py .../tests/study/earlier

Run from that version's folder, everything but this file is that version's: a set of noises, a study file that is the
shipped one with three clips, few checks and no rest, `semantic-eq serve`, and three participants over HTTP. The first
completes, the second stops in the middle (the cookie's token is in `session.json`), the third withdraws.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path.cwd()))
CHANGES = {
    "\n[welcome]": '\nclips = ["clip0", "clip1", "clip2"]\n\n[welcome]',
    "minimum_s = 20": "minimum_s = 0",
    "attention = 6": "attention = 2",
    "audible = 2": "audible = 1",
    "repeats = 6": "repeats = 2",
    "repeat_distance = 12": "repeat_distance = 5",
}
ANSWERED = 30  # steps of the participant in the middle


def main(folder: Path) -> None:
    """Write `study.toml`, `set/`, `study.sqlite` and `session.json`."""
    from study.design.definition import SHIPPED
    from tests.study.sets import write_set

    text = SHIPPED.read_text(encoding="utf-8")
    for was, becomes in CHANGES.items():
        text = text.replace(was, becomes, 1)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    write_set(folder / "set", n_clips=3, duration_s=0.02)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{found.getsockname()[1]}"
    database = folder / "study.sqlite"
    options = ["--database-url", f"sqlite:///{database}", "--study", folder / "study.toml", "--set", folder / "set"]
    command = [sys.executable, "-m", "app", "serve", "--port", address.rsplit(":")[-1], "--playground", "off"]
    environment = os.environ | {"PYTHONPATH": str(Path.cwd()), "SEMANTIC_EQ_ADMIN_TOKEN": "a-token-for-this-only"}
    server = subprocess.Popen([*command, *map(str, options)], env=environment)
    try:
        wait_for(address, server)
        take_part(address, PROLIFIC_PID="first")
        session = take_part(address, ANSWERED, PROLIFIC_PID="second")
        take_part(address, 5, PROLIFIC_PID="third").pop("client").post("/api/study/withdraw")
    finally:
        server.terminate()
        server.wait()
    session.pop("client")
    (folder / "session.json").write_text(json.dumps(session, indent=1) + "\n")


def wait_for(address: str, server: subprocess.Popen) -> httpx.Response:
    """Wait until the server answers."""
    while server.poll() is None:
        try:
            return httpx.get(f"{address}/health/ready").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
    raise OSError(f"The server ended with {server.returncode}.")


def take_part(address: str, steps: int | None = None, **parameters: str) -> dict:
    """Answer so many steps, or all; returns the session, its token and the step to show next."""
    from tests.study.answering import answer_to

    client = httpx.Client(base_url=address)
    given = client.post("/api/study/session", json={"language": "de", "parameters": parameters}).raise_for_status()
    session, step, ratings = given.json()["session"], given.json()["step"], {}
    while step["kind"] != "finished" and steps != 0:
        answer = answer_to(step, rating=1 + len(ratings) % 7)
        if "rating" in answer:
            ratings[step["id"]] = answer["rating"]
        telemetry = {"rt_ms": 900.5, "plays": 1, "heard_s": 0.02}
        answered = client.post(f"/api/study/step/{step['id']}", json={"answer": answer, "telemetry": telemetry})
        step = answered.raise_for_status().json()["step"]
        steps = None if steps is None else steps - 1
    token = client.cookies["study_session"]
    return {"session": session, "token": token, "step": step["id"], "ratings": ratings, "client": client}


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
