"""A shortened study, and what the tests that speak to its endpoints do again and again; see `study_fixtures`."""

from sqlalchemy import func, select

SMALL = {
    "clips": ["clip0", "clip1", "clip2"],
    "checks": {"attention": 1, "not_before": 3},
    "breaks": None,
    "blocks": None,
}
SMALL |= {"design": {"min_listened_fraction": 0}}  # so that nobody need listen to the end
N_TRIALS = 3 * 3 * 4 + 1


def begin(browser, page="a", **body):
    """Ask for a session."""
    return browser.post("/api/study/session", json=body, headers={"X-Page": page})


def count(running, table, *where):
    """Rows of a table."""
    with running.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table).where(*where))
