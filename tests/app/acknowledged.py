"""What a server stored, held to what it acknowledged to simulated participants."""

import json
from collections import Counter
from pathlib import Path

from study.records.export import ratings
from study.storage.database import opened


def check_all_stored_once(database_url: str, log: Path, n: int) -> None:
    """Every line of ``log`` is in the database once, and nothing else is; there are ``n`` of them."""
    with opened(database_url) as engine:
        table = ratings(engine)
    stored = Counter(zip(table.session, table.trial, table.rating, strict=True))
    acknowledged = [tuple(json.loads(line).values()) for line in log.read_text().splitlines()]
    assert all(stored[line] == 1 for line in acknowledged)
    assert len(acknowledged) == len(set(acknowledged)) == len(table) == n
