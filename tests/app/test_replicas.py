"""Two `serve` processes on a real PostgreSQL behind nginx: one is killed under load, and nobody loses an answer."""

import csv
import json
import subprocess
import time
from collections import Counter

import pytest

from tests.app.deployed import ROOT, command, environment, kill, nginx, run, served
from tests.app.study_process import free_port
from tests.study.sets import write_set
from tests.study.test_plan import shipped

N_PARTICIPANTS = 300
CONCURRENCY = 100
KILL_AFTER = 2000
LIMIT_S = 1300
FEWER = {"attention": 2, "repeats": 2, "repeat_distance": 5}
N_RATINGS = 3 + 36 + 4  # per participant: practice, trials of three clips, attention checks and repeats


@pytest.mark.slow
def test_three_hundred_finish_though_one_of_two_replicas_is_killed(tmp_path, postgres):
    log, file, http, https = tmp_path / "acknowledged.jsonl", tmp_path / "study.json", free_port(), free_port()
    folder = write_set(tmp_path / "set", n_clips=3)
    file.write_text(shipped(checks=FEWER).canonical())
    options = ("--database-url", postgres, "--set", folder, "--study", file, "--allow-simulated", "--log")
    ports = [free_port(), free_port()]
    with (
        served(tmp_path / "a", ports[0], *options) as first,
        served(tmp_path / "b", ports[1], *options),
        nginx(tmp_path / "nginx", ports, http, https) as trusting,
    ):
        arguments = ("-n", N_PARTICIPANTS, "--concurrency", CONCURRENCY, "--log", log, "--set", folder)
        asked = command("simulate", "--url", f"https://127.0.0.1:{https}", *arguments)
        crowd = subprocess.Popen(asked, cwd=ROOT, env=environment(trusting), stdout=subprocess.PIPE, text=True)
        while crowd.poll() is None and (not log.exists() or log.read_text().count("\n") < KILL_AFTER):
            time.sleep(0.1)
        kill(first)
        said, _ = crowd.communicate(timeout=LIMIT_S)
    print(said)
    assert crowd.returncode == 0 and f"{N_PARTICIPANTS} of {N_PARTICIPANTS} finished" in said
    run("export", "--database-url", postgres, "--out", tmp_path / "export", "--simulated", folder=tmp_path)
    with (tmp_path / "export/responses.csv").open() as table:
        stored = Counter((row["session"], row["trial"], int(row["rating"])) for row in csv.DictReader(table))
    acknowledged = [tuple(json.loads(line).values()) for line in log.read_text().splitlines()]
    assert set(acknowledged) == set(stored) and set(stored.values()) == {1}
    assert len(acknowledged) == N_PARTICIPANTS * N_RATINGS
