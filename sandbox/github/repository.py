"""A repository's commits, branches and tags, and what a text names among them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

_HEX = re.compile(r"[0-9a-f]{4,40}")


@dataclass(frozen=True)
class Commit:
    """A commit and its parents: two of a merge, none of the first."""

    sha: str
    message: str
    parents: tuple[str, ...]


@dataclass
class Repository:
    """Commits by SHA; branches and tags by name. `annotated` has the tag objects by SHA: their tag and commit.

    `checks` are the states of a commit's status contexts and check runs: `checks[sha]["ci"] = "failure"`.
    """

    default_branch: str = "main"
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    annotated: dict[str, tuple[str, str]] = field(default_factory=dict)
    checks: dict[str, dict[str, str]] = field(default_factory=dict)

    def commit(self, sha: str, message: str = "", *, branch: str = "", merged: str = "") -> None:
        """Add a commit on top of a branch, the default one unless another is named; it may merge another commit."""
        name = branch or self.default_branch
        parent = self.branches.get(name) or self.branches.get(self.default_branch, "")
        parents = tuple(item for item in (parent, merged) if item)
        self.commits[sha] = Commit(sha, message or f"Change {sha[:7]}", parents)
        self.branches[name] = sha

    def tag(self, name: str, sha: str, *, annotated: bool = False) -> None:
        """Tag a commit, by an object of its own where the tag is annotated."""
        if annotated:
            tag = hashlib.sha1(f"tag {name} {sha}".encode(), usedforsecurity=False).hexdigest()
            self.annotated[tag] = (name, sha)
            self.tags[name] = tag
        else:
            self.tags[name] = sha

    def resolve(self, ref: str) -> str:
        """Return the commit that this names: a whole or short SHA, a tag or branch, with its folder or without.

        Empty where nothing, or more than one commit, is meant. A bare name means the tag before the branch, as in Git.
        """
        name = ref.removeprefix("refs/")
        if name.startswith("tags/") and (found := self.tags.get(name.removeprefix("tags/"))):
            return self.peeled(found)
        if name.startswith("heads/") and (found := self.branches.get(name.removeprefix("heads/"))):
            return found
        if found := self.tags.get(ref) or self.branches.get(ref):
            return self.peeled(found)
        if ref == "HEAD":
            return self.branches.get(self.default_branch, "")
        matching = [sha for sha in (*self.commits, *self.annotated) if _HEX.fullmatch(ref) and sha.startswith(ref)]
        return self.peeled(matching[0]) if len(matching) == 1 else ""

    def peeled(self, sha: str) -> str:
        """Return the commit behind a tag object, or the commit itself."""
        return self.annotated[sha][1] if sha in self.annotated else sha

    def contains(self, sha: str, ancestor: str) -> bool:
        """Say whether the commit is, or descends from, the other."""
        left, seen = [sha], set[str]()
        while left and ancestor not in seen:
            found = left.pop()
            seen.add(found)
            parents = self.commits[found].parents if found in self.commits else ()
            left += [parent for parent in parents if parent not in seen]
        return ancestor in seen


def commit_answer(commit: Commit, base: str) -> dict[str, Any]:
    """Return the API's Commit; `base` is the repository's address in the API."""
    person = {"name": "Octo Cat", "email": "octocat@example.com", "date": "2025-12-01T10:00:00Z"}
    url = f"{base}/commits/{commit.sha}"
    return {
        "sha": commit.sha,
        "node_id": f"C_{commit.sha[:12]}",
        "commit": {"author": person, "committer": person, "message": commit.message, "comment_count": 0},
        "url": url,
        "html_url": url,
        "author": {"login": "octocat", "type": "User"},
        "committer": {"login": "octocat", "type": "User"},
        "parents": [{"sha": parent, "url": f"{base}/commits/{parent}"} for parent in commit.parents],
    }
