"""Snapshots as files: in the workspace and nowhere else, plain files alone, whole or not there at all."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from rollback.snapshot.place import SnapshotProblem

if TYPE_CHECKING:
    from pathlib import Path

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # nobody may be at a FIFO's other end
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READABLE = 0o644  # later steps run as another user than the container; what the umask takes away is gone


class Workspace:
    """The files of the workspace. Every method raises SnapshotProblem."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, text: str) -> Path:
        """Return the file's path, links resolved."""
        root = self._root.resolve()
        try:
            path = (root / text).resolve()
        except (OSError, ValueError, RuntimeError):
            raise SnapshotProblem(f"snapshot {text} is no usable path.") from None
        if not path.is_relative_to(root) or path == root:
            raise SnapshotProblem(
                f"snapshot {text} leads out of the workspace: give a path inside it, or s3://bucket/key."
            )
        return path

    def read(self, text: str, most: int) -> bytes | None:
        """Return no more than `most` + 1 of the file's bytes; None where there is none."""
        path = self.path(text)
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                raise SnapshotProblem(f"snapshot {text} can't be read: it is no regular file.")
            with os.fdopen(os.open(path, _READ), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise SnapshotProblem(f"snapshot {text} can't be read: it is no regular file.")
                return file.read(most + 1)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise SnapshotProblem(f"snapshot {text} can't be read: {_reason(error)}.") from None

    def write(self, text: str, body: bytes) -> None:
        """Write the file: under a name of its own, which then takes the place of the one before."""
        path = self.path(text)
        partial = path.with_name(f".{secrets.token_hex(8)}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and not stat.S_ISREG(path.lstat().st_mode):
                raise SnapshotProblem(f"snapshot {text} can't be written: something else than a file is there.")
            with os.fdopen(os.open(partial, _CREATE, _READABLE), "wb") as file:
                file.write(body)
            partial.replace(path)
        except (OSError, ValueError) as error:
            raise SnapshotProblem(f"snapshot {text} can't be written: {_reason(error)}.") from None
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "it is no usable path"
