"""Where the workbench puts files that it makes: its temporary folder, which goes when it is closed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def new_folder() -> Path:
    """A folder among the temporary files, so that each file keeps a name that says what it is."""
    return Path(tempfile.mkdtemp(prefix="made-", dir=os.environ.get("GRADIO_TEMP_DIR")))
