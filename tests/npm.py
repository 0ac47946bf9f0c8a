"""The npm packages that tests need, pinned in tools/package-lock.json and installed on first use."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent / "tools"


def missing(package: str) -> str:
    """Return why the package can't be had; empty where it is there. A missing one is installed by npm first."""
    with (Path(tempfile.gettempdir()) / "rollback-tools.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the tests run in several processes
        if (TOOLS / "node_modules" / package).is_dir():
            return ""
        if not shutil.which("npm"):
            return "npm is not here"
        command = ["npm", "--prefix", str(TOOLS), "ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=90)
        return f"npm can't install {package}" if done.returncode else ""
