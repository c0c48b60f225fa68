"""One file of a folder, ready to be deposited: the same folder, the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say


def zipped(folder: Path, names: Iterable[str], out: Path) -> None:
    """Write the named files of a folder into a zip file below the folder's name; whole, or not at all."""
    part = out.with_name(f".{out.name}.part")
    try:
        with zipfile.ZipFile(part, "w") as archive:
            for name in sorted(names):
                entry = zipfile.ZipInfo(f"{out.stem}/{name}", EPOCH)
                entry.create_system, entry.external_attr = 3, 0o100644 << 16  # the same from every system
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, (folder / name).read_bytes(), compresslevel=9)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
