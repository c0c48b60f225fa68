"""Servers that start together on an empty database agree on one study, on SQLite and on a real PostgreSQL."""

import multiprocessing
import traceback

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url

from study.design import definition
from study.sessions.running import RunningStudy
from study.storage.database import connect, reading
from study.storage.models import Study
from tests.study.test_plan import shipped

N_SERVERS = 4
N_TIMES = 25


def start_each(number, addresses, titles, noises, barrier, answers) -> None:
    """One server's part: at each database wait for the others, then open the study."""
    for address in addresses:
        file = shipped(title=titles[number]) if titles else None
        barrier.wait(60)
        try:
            running = RunningStudy.open(address, file, noises)
            answers.put((address, running.study_id, running.definition.sha256))
            running.close()
        except ValueError as error:
            answers.put((address, None, str(error)))
        except Exception:
            answers.put((address, None, traceback.format_exc()))


def together(addresses, noises, titles=None) -> dict[str, list]:
    """Start all servers at each database; what each found there."""
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(N_SERVERS), context.Queue()
    given = (addresses, titles, noises, barrier, answers)
    servers = [context.Process(target=start_each, args=(number, *given)) for number in range(N_SERVERS)]
    for server in servers:
        server.start()
    found = {address: [] for address in addresses}
    for _ in range(N_SERVERS * len(addresses)):
        address, *answer = answers.get(timeout=120)
        found[address].append(answer)
    for server in servers:
        server.join()
    return found


def n_studies(address) -> list[int]:
    engine = connect(address)
    with reading(engine) as connection:
        found = connection.execute(select(Study.ordinal)).scalars().all()
    engine.dispose()
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request, tmp_path):
    """Empty databases: a few of SQLite, whose writers wait for each other; on PostgreSQL one for each time, as schemas
    in which each connection finds nothing else."""
    if request.param == "sqlite":
        yield [f"sqlite:///{tmp_path}/{number}.sqlite" for number in range(5)]
        return
    address = make_url(request.getfixturevalue("postgres")).set(drivername="postgresql+psycopg")
    names = [f"together_{number}" for number in range(N_TIMES)]
    engine = create_engine(address)
    with engine.begin() as connection:
        for name in names:
            connection.execute(text(f"CREATE SCHEMA {name}"))
    own = [address.update_query_dict({"options": f"-csearch_path={name}"}) for name in names]
    yield [each.render_as_string(hide_password=False) for each in own]
    for name in names:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    engine.dispose()


def test_servers_that_start_together_on_an_empty_database_agree_on_one_study(databases, noises):
    for address, answers in together(databases, noises).items():
        # Its id may be any: what was tried and lost on PostgreSQL uses ids up.
        assert [sha256 for _, sha256 in answers] == [definition.load().sha256] * N_SERVERS
        assert len({study_id for study_id, _ in answers}) == 1
        assert n_studies(address) == [1]


def test_of_servers_with_different_files_one_begins_and_the_others_are_shown_the_difference(databases, noises):
    titles = [f"Study {number}" for number in range(N_SERVERS)]
    hashes = [shipped(title=title).sha256 for title in titles]
    for address, answers in together(databases[:5], noises, titles).items():
        (started,) = [hashes.index(sha256) for study_id, sha256 in answers if study_id]
        refused = [said for study_id, said in answers if not study_id]
        assert len(refused) == N_SERVERS - 1
        assert all(
            "has changed since the study was created" in said and f'- "title": "{titles[started]}"' in said
            for said in refused
        )
        assert n_studies(address) == [1]
