"""Files for later steps: in the workspace and nowhere else, plain files alone, whole or not there at all."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READABLE = 0o644
"""Later steps run as another user than the container."""


class NotWritten(Exception):
    """The file could not be written: why, in a phrase."""


def write_file(workspace: Path, name: str, text: str) -> None:
    """Write the file, under a name of its own that then takes the place of the one before. Raises NotWritten."""
    path = _inside(workspace, name)
    partial = path.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(path.lstat().st_mode):
                raise NotWritten("something else than a file is there")
        with os.fdopen(os.open(partial, _CREATE, _READABLE), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        partial.replace(path)
    except (OSError, ValueError) as error:
        raise NotWritten(getattr(error, "strerror", None) or "it is no usable path") from None
    finally:
        with suppress(OSError, ValueError):
            partial.unlink(missing_ok=True)


def _inside(workspace: Path, name: str) -> Path:
    """Return the path, its folders' links resolved: one that leads out of the workspace is refused."""
    try:
        root = workspace.resolve()
        folder = (root / name).parent.resolve()
        path = folder / (root / name).name
    except (OSError, ValueError, RuntimeError):
        raise NotWritten("it is no usable path") from None
    if not folder.is_relative_to(root) or path == root or path.name in {"", ".", ".."}:
        raise NotWritten("it leads out of the workspace")
    return path
