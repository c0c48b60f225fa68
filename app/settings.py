"""What one server needs to know; passed to worker processes as JSON in the environment."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr, field_serializer, field_validator

from study.storage import private

ENVIRONMENT = "SEMANTIC_EQ_SETTINGS"
SHORTEST_TOKEN = 16


class Settings(BaseModel):
    """Settings of a server, the same in every worker process and replica of one study.

    Attributes
    ----------
    database_url : SQLAlchemy address; SQLite by default.
    stimuli : folder of the stimulus set (it holds ``manifest.json``).
    study_file : the study's definition; the built-in default study without one.
    allow_simulated : whether simulated participants may take part.
    root_path : prefix under which a reverse proxy serves the application, e.g. ``/listening``; the proxy strips it.
    admin_token : the experimenter's secret; also the key that signs the admin's cookie.
    playground : ``open`` to everyone, to the ``admin`` only, or ``off``.
    playground_folder : where the playground keeps clips for an hour; each process has its own without one.
    frame_ancestors : CSP source list of the sites that may embed the pages.
    log_requests : whether each request leaves a line in the log; failures always do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)  # one of them is a secret

    database_url: str = "sqlite:///data/study.sqlite"
    stimuli: Path = Path("data/stimuli/default")
    study_file: Path | None = None
    allow_simulated: bool = False
    root_path: str = ""
    admin_token: SecretStr
    playground: Literal["open", "admin", "off"] = "admin"
    playground_folder: Path | None = None
    frame_ancestors: str = "'none'"
    log_requests: bool = True

    @field_validator("root_path")
    @classmethod
    def _leading_slash_only(cls, value: str) -> str:
        value = value.strip("/")
        return f"/{value}" if value else ""

    @field_validator("frame_ancestors")
    @classmethod
    def _one_directive(cls, value: str) -> str:
        if any(character in value for character in ";,\r\n"):
            raise ValueError(f"frame_ancestors is a list of origins separated by spaces, not {value!r}.")
        return value

    @field_validator("admin_token")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < SHORTEST_TOKEN:
            raise ValueError(f"The admin token needs {SHORTEST_TOKEN} characters or more, so that nobody guesses it.")
        return value

    @field_serializer("admin_token", when_used="json")
    def _token_for_workers(self, value: SecretStr) -> str:
        return value.get_secret_value()

    def to_environment(self) -> None:
        """Leave these settings where the worker processes started from here find them."""
        os.environ[ENVIRONMENT] = self.model_dump_json()

    @classmethod
    def from_environment(cls) -> "Settings":
        """The settings that the starting process left.

        Raises
        ------
        ValueError
            When there are none: the application was started without ``semantic-eq serve``.
        """
        text = os.environ.get(ENVIRONMENT)
        if text is None:
            raise ValueError(f"No settings in ${ENVIRONMENT}: start the server with `semantic-eq serve`.")
        return cls.model_validate_json(text)


def admin_token(folder: Path) -> str:
    """The admin token kept in ``folder``, made at the first start.

    The file can be read by its owner only. Two servers that start at once agree, since only one can create it.
    """
    path = folder / "admin-token"
    private.make_folder(folder)
    if not path.exists():
        part = folder / f".admin-token-{secrets.token_hex(4)}.part"
        with private.open_private(part, "x", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(part)  # in full or not at all, and never over another's
        part.unlink()
    private.close_to_others(path)
    return path.read_text(encoding="ascii").strip()
