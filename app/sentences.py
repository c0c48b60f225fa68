"""What a user reads of an error: one sentence, on the command line and in the workbench alike."""

import errno
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)  # the disk, or what of it this user may have


def sentence(error: Exception) -> str | None:
    """What to report of a ValueError, an OSError or a database's complaint; None of all else, which is our mistake."""
    if isinstance(error, OSError) and error.errno in FULL:
        place = f" of {error.filename}" if error.filename else ""
        return f"The disk{place} is full ({error.strerror}): free some space and run this again."
    if isinstance(error, IsADirectoryError) and error.filename:
        return f"{error.filename} is a folder, where a file is expected."
    if isinstance(error, FileExistsError) and Path(error.filename or "").is_file():
        return f"{error.filename} is a file, where a folder is expected."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}." if error.filename else f"{error.strerror}."
    if type(error).__module__.startswith("pydantic"):  # which this module does not import: it costs every command time
        return _of_settings(error)
    if isinstance(error, ValueError | OSError):
        return str(error)
    if type(error).__module__.startswith("sqlalchemy."):
        from sqlalchemy.exc import DBAPIError

        from study.storage.database import reason

        return f"The database cannot be used: {reason(error)}." if isinstance(error, DBAPIError) else None
    return None


def _of_settings(error: Exception) -> str | None:
    """What is wrong with the first of a command's settings; None of all else, which is our mistake."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return None
    first = error.errors(include_input=False, include_url=False)[0]
    said = first["msg"].removeprefix("Value error, ")
    return said if first["type"] == "value_error" else f"{'.'.join(map(str, first['loc']))}: {said}."
