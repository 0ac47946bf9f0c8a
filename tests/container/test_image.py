from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from scripts.measure_image import layer_sizes

GOAL_MEGABYTES = 12


@pytest.fixture(scope="module")
def config(image: str) -> dict[str, Any]:
    found = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{json .Config}}", image], capture_output=True, check=True
    )
    settings: dict[str, Any] = json.loads(found.stdout)
    return settings


def inside(image: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", "run", "--rm", "--network", "none", "--entrypoint", command[0], image, *command[1:]],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_entrypoint_is_an_absolute_path_without_a_shell(config: dict[str, Any]) -> None:
    assert config["Entrypoint"][0] == "/usr/local/bin/python"
    assert config["Entrypoint"][-1] == "/opt/rollback/entrypoint.py"
    assert "-u" in config["Entrypoint"]
    assert not config.get("Cmd")


def test_the_container_runs_as_root_which_the_runner_s_mounts_demand(config: dict[str, Any]) -> None:
    assert config.get("User", "") in {"", "0", "root"}


@pytest.mark.parametrize("label", ["title", "description", "licenses", "source", "version", "revision"])
def test_the_image_says_what_it_is(config: dict[str, Any], label: str) -> None:
    assert f"org.opencontainers.image.{label}" in config["Labels"]


@pytest.mark.parametrize("module", ["pip", "ensurepip", "pytest", "moto", "sandbox", "tests"])
def test_what_builds_and_tests_the_product_is_not_in_it(image: str, module: str) -> None:
    assert "No module named" in inside(image, "/usr/local/bin/python", "-m", module).stderr


def test_nothing_but_the_product_lies_in_its_folder(image: str) -> None:
    listed = inside(image, "find", "/opt/rollback/rollback", "/opt/rollback/entrypoint.py", "-type", "f").stdout
    assert {path.rsplit(".", 1)[-1] for path in listed.split()} <= {"py", "pyc"}


def test_every_module_is_compiled(image: str) -> None:
    listed = inside(image, "find", "/opt/rollback", "-name", "*.py*").stdout.split()
    sources = [path for path in listed if path.endswith(".py")]
    compiled = [path for path in listed if path.endswith(".pyc")]
    assert sources
    assert len(compiled) == len(sources)


def test_starting_compiles_nothing(image: str) -> None:
    """The standard library's part too: the official image comes without bytecode."""
    code = "import boto3, pydantic, slack_sdk, rollback.inputs"
    arguments = ("-E", "-s", "-v", "-c", f"import sys; sys.path.insert(0, '/opt/rollback'); {code}")
    told = inside(image, "/usr/local/bin/python", *arguments).stderr
    assert "# code object from" in told or "matches" in told
    assert "# wrote" not in told


def test_the_product_adds_no_more_than_its_goal(image: str) -> None:
    # The last two layers are ours: pip taken away, and the product.
    assert sum(layer_sizes(image)[-2:]) <= GOAL_MEGABYTES
