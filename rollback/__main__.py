"""The way in: `entrypoint.py` in the container, `python -m rollback` on a terminal. Here alone are exit codes made."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, TextIO

from rollback.engine.interruption import Interrupted, raise_when_interrupted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def main(
    flags: Sequence[str] | None = None, environ: Mapping[str, str] | None = None, stdout: TextIO | None = None
) -> int:
    """Run the action and return its exit code. Outputs and summary are written in every outcome."""
    raise_when_interrupted()
    # A short-lived process: looking for garbage, last of all when it exits, took a fifth of its processor time.
    gc.disable()
    flags = sys.argv[1:] if flags is None else flags
    environ = os.environ if environ is None else environ
    try:
        # Imported under the handlers: a signal in the middle of the imports must not end in a traceback.
        from rollback.session import Session  # noqa: PLC0415

        return Session(environ, stdout or sys.stdout).run(flags)
    except Interrupted:
        print("The job was cancelled before anything was looked at.", flush=True)  # noqa: T201
        return 1
    finally:
        gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
