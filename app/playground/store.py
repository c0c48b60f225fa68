"""Where the playground keeps clips: a temporary folder of its own, for an hour, under names nobody can guess.

It knows nothing of the study: neither its database nor its stimuli are in reach from here.
"""

import secrets
import tempfile
import time
from pathlib import Path

KEPT_S = 3600
MOST_CLIPS = 200
TOKEN_LENGTH = 22


class UnknownClip(ValueError):  # noqa: N818 - the word of the page's contract
    """A clip that was never here, or is no longer."""


class ClipStore:
    """Excerpts in a folder, shared by the worker processes of one machine.

    Parameters
    ----------
    folder : created when it is not there, readable by its owner only; a new temporary folder without one.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="semantic-eq-playground-")
            folder = Path(self._temporary.name)
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def close(self) -> None:
        """Delete the clips, where the folder is this store's own."""
        if self._temporary:
            self._temporary.cleanup()

    def new(self) -> tuple[str, Path]:
        """A token and the path that goes with it, after making room."""
        self._make_room()
        token = secrets.token_urlsafe(16)
        return token, self._path(token)

    def path(self, token: str) -> Path:
        """The file of a clip.

        Raises
        ------
        UnknownClip
            When there is none; nothing that is not a token of this store ever becomes a path.
        """
        if len(token) != TOKEN_LENGTH or not token.replace("-", "").replace("_", "").isalnum() or not token.isascii():
            raise UnknownClip("There is no such clip.")
        if not self._path(token).is_file():
            raise UnknownClip("The clip is no longer here (clips are kept for an hour): choose it again.")
        return self._path(token)

    def has(self, token: str) -> bool:
        """Whether a clip is still here."""
        return self._path(token).is_file()

    def _path(self, token: str) -> Path:
        return self.folder / f"{token}.flac"

    def _make_room(self) -> None:
        ages = sorted((path.stat().st_mtime, path) for path in self.folder.glob("*.flac") if path.is_file())
        kept = [(age, path) for age, path in ages if time.time() - age < KEPT_S][-(MOST_CLIPS - 1) :]
        for _, path in {*ages} - {*kept}:
            path.unlink(missing_ok=True)
