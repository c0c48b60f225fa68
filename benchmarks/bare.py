"""The least that any study server must do: FastAPI endpoints that commit one row, with the same database settings.

`/rating` commits each row by itself; `/grouped` commits what arrives together at once, as the study does, so that the
two ways of waiting for the disk can be told from the rest of the work.

`python -m benchmarks.bare PORT DATABASE_URL`
"""

import sys
import time

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import String, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from study.storage.commits import Commits
from study.storage.database import open_database


class Base(DeclarativeBase):
    """Tables of the bare endpoint."""


class Rating(Base):
    """One row per response."""

    __tablename__ = "rating"
    id: Mapped[int] = mapped_column(primary_key=True)
    trial: Mapped[str] = mapped_column(String(32))
    rating: Mapped[int]
    at: Mapped[float]


class Body(BaseModel):
    """What is sent."""

    trial: str
    rating: int


def main(port: str, database_url: str) -> None:
    """Serve until killed."""
    engine = open_database(database_url, migrate=False)
    Base.metadata.create_all(engine)
    app = FastAPI()

    @app.post("/rating")
    async def rate(body: Body) -> dict[str, bool]:
        with Session(engine) as session:
            session.add(Rating(trial=body.trial, rating=body.rating, at=time.time()))
            session.commit()
        return {"saved": True}

    commits = Commits(engine)

    @app.post("/grouped")
    async def grouped(body: Body) -> dict[str, bool]:
        row = insert(Rating).values(trial=body.trial, rating=body.rating, at=time.time())
        await commits.run(lambda connection: connection.execute(row))
        return {"saved": True}

    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
