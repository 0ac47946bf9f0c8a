"""Where witnesses live: each pinned in a folder of its own under out/witnesses, set up when it is first asked for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.witnesses.witness import NotHereError

ROOT = Path(__file__).resolve().parents[2]
HOMES = ROOT / "out" / "witnesses"
PINS = ROOT / "tests" / "witnesses"
_LONGEST_SETUP = 600


def home_of(folder: str) -> Path:
    """Return the folder with the witness's programs, set up as its pins say. Raises NotHereError with the reason."""
    home = HOMES / folder
    pins = _pins(folder)
    wanted = pins.read_text(encoding="utf-8")
    stamp = home / "installed"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return home
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    if pins.name == "package-lock.json":
        _npm(folder, home)
    else:
        _pip(pins, home)
    stamp.write_text(wanted, encoding="utf-8")
    return home


def pinned(folder: str, package: str) -> str:
    """Return the version that the witness's lock file names."""
    pins = _pins(folder)
    text = pins.read_text(encoding="utf-8")
    if pins.name == "package-lock.json":
        return str(json.loads(text)["packages"][f"node_modules/{package}"]["version"])
    found = re.search(rf"^{re.escape(package)}(?:\[[^\]]*\])?==(\S+)", text, re.MULTILINE)
    return found[1] if found else ""


def _pins(folder: str) -> Path:
    lock = PINS / folder / "package-lock.json"
    if lock.is_file():
        return lock
    own = PINS / folder / "requirements.txt"
    return own if own.is_file() else ROOT / "requirements-dev.txt"


def _pip(pins: Path, home: Path) -> None:
    if pins.parent == ROOT:
        return  # part of what the tests need anyway
    _run([sys.executable, "-m", "venv", *(["--without-pip"] if pins.parent.name != "uv" else []), str(home)], "venv")
    exactly = ["--require-hashes", "--no-deps", "-r", str(pins)]
    if pins.parent.name == "uv":
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        _run([*pip, *exactly], "PyPI")
        return
    # uv, pinned like the others, takes seconds where pip takes minutes.
    uv = [str(home_of("uv") / "bin" / "uv"), "pip", "install", "--quiet", "--no-config"]
    _run([*uv, "--python", str(home / "bin" / "python"), *exactly], "PyPI")


def _npm(folder: str, home: Path) -> None:
    if shutil.which("npm") is None:
        raise NotHereError("npm is not here")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / folder / name, home)
    # Without the packages' own scripts: none of them is needed, and nothing of theirs runs while it is installed.
    _run(["npm", "--prefix", str(home), "ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"], "npm")


def _run(command: list[str], source: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_SETUP)
    except subprocess.TimeoutExpired:
        raise NotHereError(f"{source} took more than {_LONGEST_SETUP} s") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason told"]
        raise NotHereError(f"{source} does not give it: {last[0][:200]}")
