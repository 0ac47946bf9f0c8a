"""Run a command and write what the operating system says it took: `python -I -S meter.py REPORT COMMAND...`.

A small process between, because Linux lets a process start with its parent's peak memory: measured from a large one,
every peak would be that one's. Imports as little as it can for the same reason.
"""

import os
import sys
import time

report = sys.argv[1]
begun = time.monotonic()
child = os.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
wall = time.monotonic() - begun
with open(report, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib would be a large import here
    file.write(f"{wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss} {os.waitstatus_to_exitcode(status)}")
