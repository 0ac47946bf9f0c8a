"""The release workflow: it publishes the commit that was tested and built, and an image that was run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.conftest import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"
PINNED = f"docker://ghcr.io/owner/rollback@sha256:{'a' * 64}"


@pytest.fixture
def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    return found


def test_every_checkout_is_of_the_pushed_commit(jobs: dict[str, Any]) -> None:
    steps = [step for job in jobs.values() for step in job.get("steps", [])]
    checkouts = [step["with"] for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert {it["ref"] for it in checkouts} == {"${{ github.sha }}"}


def test_the_tags_move_only_after_the_pushed_image_was_run_on_both_architectures(jobs: dict[str, Any]) -> None:
    assert "try" in jobs["publish"]["needs"]
    assert jobs["try"]["strategy"]["matrix"]["runner"] == [
        it["runner"] for it in jobs["build"]["strategy"]["matrix"]["include"]
    ]
    step = jobs["try"]["steps"][-1]
    assert step["env"]["PUSHED"] == "${{ needs.attest.outputs.image }}@${{ needs.attest.outputs.digest }}"
    assert 'make test-container IMAGE="$PUSHED"' in step["run"]


def test_no_image_is_looked_up_by_a_tag(jobs: dict[str, Any]) -> None:
    """What is inspected, pulled and named has a digest; a tag is only ever written."""
    scripts = [step["run"] for job in jobs.values() for step in job.get("steps", []) if "run" in step]
    asked = [
        line.split("--format")[0]
        for script in scripts
        for line in script.replace("\\\n", " ").splitlines()
        if re.search(r"imagetools inspect|docker pull", line)
    ]
    assert asked
    assert all("@$digest" in line or "$PUSHED" in line for line in asked)


def test_what_builds_and_scans_is_pinned_by_digest(jobs: dict[str, Any]) -> None:
    tools = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["env"]
    build = next(step["run"] for step in jobs["build"]["steps"] if step.get("id") == "push")
    for name, use in (("BUILDKIT", '--driver-opt "image=$BUILDKIT"'), ("SCANNER", 'type=sbom,generator=$SCANNER"')):
        assert re.fullmatch(r"[\w/-]+:[\w.-]+@sha256:[0-9a-f]{64}", tools[name])
        assert use in build


def test_packages_of_npm_run_no_scripts_when_they_are_installed() -> None:
    texts = [
        (ROOT / "Makefile").read_text(encoding="utf-8"),
        (ROOT / "tests/npm.py").read_text(encoding="utf-8"),
    ]
    for text in texts:
        installs = re.findall(r'npm\b.*?\bci\b[", ]+(\S+)', text)
        assert installs
        assert all("--ignore-scripts" in first for first in installs)


def test_the_auditor_has_nothing_to_say_that_is_not_answered() -> None:
    """zizmor in its strictest persona; what is left alone says why, in the same line."""
    tool = Path(sys.executable).with_name("zizmor")
    command = [str(tool), "--persona=auditor", "--offline", "--no-progress", ".github", "action.yml", "examples"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    files = [*(ROOT / ".github").rglob("*.yml"), *(ROOT / "examples").glob("*.yml"), ROOT / "action.yml"]
    ignored = [line for path in files for line in path.read_text(encoding="utf-8").splitlines() if "zizmor:" in line]
    assert all(re.search(r"# zizmor: ignore\[[\w-]+\] \w+ \w+", line) for line in ignored)


# --- scripts/release_commit.sh in a repository of its own ----------------------------------------------------------


class Repository:
    """A clone of a bare repository that has a tagged commit with the action's own line in it."""

    def __init__(self, folder: Path, *, annotated: bool) -> None:
        self.origin, self.clone = folder / "origin.git", folder / "clone"
        git(folder, "init", "--quiet", "--bare", str(self.origin))
        git(folder, "clone", "--quiet", str(self.origin), str(self.clone))
        self.built = self.commit("image: Dockerfile")
        self.tag("v1.4.0", *(["--annotate", "--message", "1.4.0"] if annotated else []))

    def commit(self, line: str) -> str:
        (self.clone / "action.yml").write_text(f"runs:\n  using: docker\n  {line}\n", encoding="utf-8")
        git(self.clone, "add", "action.yml")
        git(self.clone, "commit", "--quiet", "--message", "Work", "--allow-empty")
        return git(self.clone, "rev-parse", "HEAD")

    def tag(self, name: str, *options: str) -> None:
        git(self.clone, "tag", "--force", *options, name)
        git(self.clone, "push", "--quiet", "--force", "origin", f"refs/tags/{name}")

    def release(self, tag: str, commit: str) -> subprocess.CompletedProcess[str]:
        script = [str(ROOT / "scripts" / "release_commit.sh"), tag, commit, PINNED]
        return subprocess.run(script, cwd=self.clone, capture_output=True, text=True, check=False, env=ENVIRONMENT)

    def tags(self) -> dict[str, str]:
        """Return the commits that origin's tags point to."""
        names = git(self.origin, "tag", "--list").split()
        return {name: git(self.origin, "rev-parse", f"{name}^{{commit}}") for name in names}


ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    **{f"GIT_{who}_{what}": "test@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("annotated", [False, True])
def test_a_release_is_one_commit_on_top_of_the_one_built(tmp_path: Path, annotated: bool) -> None:
    repository = Repository(tmp_path, annotated=annotated)
    repository.commit("image: Dockerfile # later")  # what the branch has meanwhile

    done = repository.release("v1.4.0", repository.built)

    assert done.returncode == 0, done.stderr
    tags = repository.tags()
    assert tags["v1"] == tags["v1.4"] == tags["v1.4.0"] != repository.built
    assert git(repository.origin, "rev-parse", "v1.4.0^") == repository.built
    assert f"  image: {PINNED}" in git(repository.origin, "show", "v1.4.0:action.yml")


@pytest.mark.parametrize("annotated", [False, True])
def test_a_tag_that_was_moved_after_the_build_publishes_nothing(tmp_path: Path, annotated: bool) -> None:
    repository = Repository(tmp_path, annotated=annotated)
    other = repository.commit("image: Dockerfile # another")
    repository.tag("v1.4.0")

    done = repository.release("v1.4.0", repository.built)

    assert done.returncode == 1
    assert "nothing is published" in done.stderr
    assert repository.tags() == {"v1.4.0": other}


def test_an_older_line_of_releases_does_not_move_the_major_tag(tmp_path: Path) -> None:
    repository = Repository(tmp_path, annotated=False)
    newer = repository.commit("image: Dockerfile # newer")
    repository.tag("v1.5.0")

    assert repository.release("v1.4.0", repository.built).returncode == 0
    assert set(repository.tags()) == {"v1.4", "v1.4.0", "v1.5.0"}
    assert repository.tags()["v1.5.0"] == newer


@pytest.mark.parametrize(
    ("tag", "commit"), [("v1.4", "a" * 40), ("v1.4.0", "v1.4.0"), ("v1.4.0", "HEAD"), ("--force", "a" * 40)]
)
def test_only_a_version_and_a_whole_commit_id_are_taken(tmp_path: Path, tag: str, commit: str) -> None:
    repository = Repository(tmp_path, annotated=False)
    assert repository.release(tag, commit).returncode == 1
    assert repository.tags() == {"v1.4.0": repository.built}


def test_the_pages_verify_the_version_too() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8").replace("\\\n", " ")
    commands = re.findall(r"^gh attestation verify .*$", text, re.MULTILINE)
    assert commands
    for command in commands:
        assert "--source-ref refs/tags/v" in command
        assert "--signer-workflow OWNER/rollback/.github/workflows/release.yml" in command
