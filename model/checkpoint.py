"""Weights on disk: safetensors whose file name carries the content's hash, checked whenever they are loaded."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

SHIPPED = Path(__file__).parent / "weights"
_HASH_LENGTH = 12


def write(folder: Path, name: str, tensors: dict[str, torch.Tensor], about: dict[str, Any]) -> Path:
    """Write ``tensors`` and ``about`` (kept as JSON) to ``folder``/``name``-<hash>.safetensors; return the path."""
    contiguous = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    content = save(contiguous, metadata={"about": json.dumps({"kind": name, **about}, sort_keys=True)})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{hashlib.sha256(content).hexdigest()[:_HASH_LENGTH]}.safetensors"
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(path)
    return path


def shipped(name: str) -> Path:
    """Return the path of the shipped weights called ``name``."""
    paths = sorted(SHIPPED.glob(f"{name}-{'[0-9a-f]' * _HASH_LENGTH}.safetensors"))
    if len(paths) != 1:
        raise ValueError(f"{SHIPPED} holds {len(paths)} files of shipped '{name}' weights, expected 1: reinstall.")
    return paths[0]


def kind_of(path: str | Path) -> str | None:
    """Return the kind of system whose weights ``path`` holds, None if it is not one of weights; `read` checks more."""
    try:
        with safe_open(path, framework="pt") as file:
            return json.loads((file.metadata() or {}).get("about", "{}")).get("kind")
    except (OSError, SafetensorError):
        return None


@contextmanager
def of_this_version(path: str | Path) -> Iterator[None]:
    """Within it, what is missing in weights that were read from ``path``, or does not fit, is a ValueError."""
    try:
        yield
    except (KeyError, TypeError, RuntimeError):
        raise ValueError(f"{path} was written by another version of this model: train it again.") from None


def read(path: str | Path, kind: str) -> tuple[dict[str, torch.Tensor], dict[str, Any], str]:
    """Read weights written by `write`.

    Returns
    -------
    tensors, about, hash : the hash is that of the whole content, 64 hexadecimal digits

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not a safetensors file, of another kind, or not the content its name promises.
    """
    path = Path(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    promised = re.search(rf"-([0-9a-f]{{{_HASH_LENGTH}}})$", path.stem)
    if promised and not digest.startswith(promised[1]):
        raise ValueError(f"{path.name} hashes to {digest[:_HASH_LENGTH]}: the file is damaged or was edited.")
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get("about", "{}"))
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a safetensors file ({error}): is it the one `semantic-eq train` wrote?"
        ) from None
    if about.get("kind") != kind:
        raise ValueError(f"{path} holds weights of kind {about.get('kind')!r}, expected {kind!r}.")
    return tensors, about, digest
