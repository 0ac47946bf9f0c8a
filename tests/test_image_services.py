"""The image carries botocore's data for the services in `SERVICES` alone: the code must call these and no others."""

from __future__ import annotations

import ast
from pathlib import Path

from scripts.assemble_image import SERVICES

ROLLBACK = Path(__file__).parent.parent / "rollback"
CLIENT_MAKERS = {"client", "resource"}


def services_called() -> set[str]:
    called: set[str] = set()
    for source in ROLLBACK.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLIENT_MAKERS:
                match node.args:
                    case [ast.Constant(value=str(service)), *_]:
                        called.add(service)
                    case _:
                        # One place may pass the name on: the door that makes every client.
                        assert source.name == "aws.py", f"{source}:{node.lineno} hides which service it calls"
    return called


def test_the_image_has_every_service_that_the_code_calls_and_no_other() -> None:
    # STS is called by botocore itself, to turn a web identity into credentials.
    assert services_called() | {"sts"} == set(SERVICES)
