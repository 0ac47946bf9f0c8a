"""Print how many mutants of each pure module a test notices, and fail where they are too few (make mutation)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

AT_LEAST = 0.9
FAILED = frozenset({1, 3})
"""pytest's exit codes for a test that failed, and for a mutant that broke pytest itself."""
MUTANTS = Path("mutants")


def main() -> int:
    """Print a line a module; return 1 where a module, or no module at all, reaches the score."""
    scores = {}
    for path in sorted(MUTANTS.rglob("*.py.meta")):
        # mutmut keeps the exit code of the tests for each mutant: one that no test ran for was not noticed either.
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].values()
        noticed = sum(code in FAILED for code in codes)
        if codes:
            scores[path.relative_to(MUTANTS).as_posix().removesuffix(".meta")] = noticed, len(codes)
    for module, (noticed, of) in scores.items():
        print(f"{noticed:>5} of {of:>5} mutants noticed ({noticed / of:.1%})  {module}")
    noticed, of = (sum(column) for column in zip(*scores.values(), strict=True)) if scores else (0, 0)
    print(f"{noticed:>5} of {of:>5} in all")
    return 0 if scores and all(noticed / of >= AT_LEAST for noticed, of in scores.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
