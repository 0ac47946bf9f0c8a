"""Play all witnesses, or those named, and print one table: who, version, what was played, whether they agree.

make witnesses                 # all of them
make witnesses WITNESSES=cdk   # this one; WITNESSES=--quick: those that CI plays
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass

from sandbox import Sandbox, ScaledClock
from tests.witnesses.company import WITNESSES
from tests.witnesses.homes import HOMES, home_of, pinned
from tests.witnesses.stage import Stage
from tests.witnesses.witness import DisagreesError, NotHereError, Witness, WitnessBrokeError

SPEED = 20
"""How many of the embedded AWS's seconds pass in a real one."""


@dataclass(frozen=True)
class Row:
    """A line of the table; `red` where the witness disagrees."""

    who: str
    version: str
    played: str
    verdict: str
    red: bool = False


def main() -> int:
    """Play, print, and return 1 where a witness disagrees."""
    parser = argparse.ArgumentParser(prog="python -m tests.witnesses", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*WITNESSES, []], help="which ones (default: all)")
    parser.add_argument("--quick", action="store_true", help="only those that install in under a minute")
    asked = parser.parse_args()
    chosen = asked.names or [name for name, witness in WITNESSES.items() if witness.quick or not asked.quick]
    rows: list[Row] = []
    notes: list[str] = []
    for folder in chosen:
        rows += _rows(folder, WITNESSES[folder], notes)
    _print(rows)
    for note in notes:
        print(f"note: {note}")
    disagreeing = sum(row.red for row in rows)
    print(
        f"{len(rows) - disagreeing} scenes without disagreement, {disagreeing} with; what was said is in {HOMES}/*.log"
    )
    return 1 if disagreeing else 0


def _rows(folder: str, witness: Witness, notes: list[str]) -> list[Row]:
    version = pinned(folder, witness.package)
    print(f"{witness.name} {version} ...", file=sys.stderr, flush=True)
    try:
        home = home_of(folder)
    except NotHereError as reason:
        return [Row(witness.name, version, "nothing", f"not played: {reason}")]
    work = HOMES / f"{folder}.work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    rows = []
    try:
        with Sandbox(ScaledClock(SPEED)) as sandbox:
            environment = sandbox.environment(AWS_DEFAULT_REGION=sandbox.region)
            stage = Stage(home, work, environment, sandbox, notes)
            for sentence, scene in witness.scenes.items():
                began = time.monotonic()
                verdict, red = _verdict(scene, stage)
                seconds = time.monotonic() - began
                rows.append(Row(witness.name, version, sentence, f"{verdict} ({seconds:.0f} s)", red))
    except RuntimeError as defect:  # the embedded AWS says at its end that it failed itself
        rows.append(Row(witness.name, version, "the embedded AWS", f"DISAGREES: {_last_line(str(defect))}", red=True))
    (HOMES / f"{folder}.log").write_text((work / "played.log").read_text() if (work / "played.log").is_file() else "")
    return rows


def _verdict(scene: object, stage: Stage) -> tuple[str, bool]:
    try:
        scene(stage)  # type: ignore[operator]
    except NotHereError as reason:
        return f"not played: {reason}", False
    except WitnessBrokeError as reason:
        return f"the witness itself broke, renew or mend it: {reason}", False
    except DisagreesError as reason:
        return f"DISAGREES: {reason}", True
    except subprocess.TimeoutExpired as late:
        return f"DISAGREES: {late.cmd[0]} did not end in {late.timeout:.0f} s", True
    except Exception:  # noqa: BLE001 - whatever it is, the other witnesses still are to be heard
        return f"DISAGREES: {_last_line(traceback.format_exc())}", True
    return "agrees", False


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def _print(rows: list[Row]) -> None:
    head = Row("who", "version", "what was played", "do they agree?")
    widths = [max(len(getattr(row, name)) for row in [head, *rows]) for name in ("who", "version", "played")]
    for row in [head, *rows]:
        cells = [row.who.ljust(widths[0]), row.version.ljust(widths[1]), row.played.ljust(widths[2]), row.verdict]
        print("  ".join(cells))


if __name__ == "__main__":
    sys.exit(main())
