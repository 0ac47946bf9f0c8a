"""`python -m benchmarks`: measure, print the tables, and put them into docs/performance.md (`--print`: only print)."""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from typing import TYPE_CHECKING

from benchmarks import goals, growth, overhead, reference, sides, start, together
from benchmarks.process import ROOT
from benchmarks.tables import chart

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "performance.md"
CHART = ROOT / "docs" / "growth.svg"


def main(arguments: list[str]) -> int:
    """Measure; return 1 where a figure could not be taken."""
    begun = time.monotonic()

    def say(what: str) -> None:
        print(f"[{time.monotonic() - begun:4.0f} s] {what}", file=sys.stderr, flush=True)

    say("setting up the AWS CLI")
    reference.install()
    say("growth")
    grown, curves = growth.curves(say)
    say("overhead, simulated clock")
    eight_minutes = overhead.simulated()
    say("stacks and frontend together, simulated clock")
    orders = together.compare()
    say("start")
    started = start.profile()
    compared = sides.compare(say)
    say("what each leaves behind")
    left = sides.leavings()
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    tables = {
        "sides": compared.text(),
        "leavings": left,
        "overhead-30": overhead.in_real_time(compared.ours),
        "overhead-480": eight_minutes.text,
        "together": orders.text,
        "goals": goals.against(compared, eight_minutes, orders),
        "start": started,
        "growth": grown,
        "machine": f"{machine}; {_minutes(begun)} in all.\n",
    }
    for name, text in tables.items():
        print(f"\n== {name}\n\n{text}")
    if "--print" not in arguments:
        CHART.write_text(chart(curves), encoding="utf-8")
        _fill(PAGE, tables)
        print(f"Written: {PAGE.relative_to(ROOT)}, {CHART.relative_to(ROOT)}")
    return 0


def _minutes(begun: float) -> str:
    seconds = time.monotonic() - begun
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def _fill(page: Path, tables: dict[str, str]) -> None:
    """Replace what stands between the marks `<!-- bench:NAME -->` and `<!-- /bench -->`."""
    text = page.read_text(encoding="utf-8")
    for name, table in tables.items():
        mark = f"<!-- bench:{name} -->"
        pattern = re.compile(rf"{re.escape(mark)}.*?<!-- /bench -->", re.DOTALL)
        text = pattern.sub(lambda _, mark=mark, table=table: f"{mark}\n{table}<!-- /bench -->", text)  # type: ignore[misc]
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
