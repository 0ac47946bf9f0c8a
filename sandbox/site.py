"""The site that the Amplify app serves: it says what the live build's commit says."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sandbox.exchange import Answer, Incoming, text_answer

if TYPE_CHECKING:
    from sandbox.amplify import Amplify
    from sandbox.amplify.content import Content
    from sandbox.clock import Clock


@dataclass(frozen=True)
class Health:
    """How the site answers while a commit is live. `body` may name `{commit}` and `{job}`."""

    status: int = 200
    body: str = "<h1>Shop</h1><p>release {commit}</p>"


class Site:
    """One branch's site, below /site/. `ready_after` is how many seconds after a deployment its answer changes."""

    def __init__(self, amplify: Amplify, clock: Clock) -> None:
        self.base = ""
        self.ready_after = 0.0
        self.healthy = Health()
        self.requests: list[str] = []
        self._sick: dict[str, Health] = {}
        self._amplify = amplify
        self._clock = clock
        self._served: tuple[str, str] | None = None

    @property
    def url(self) -> str:
        """The site's address."""
        return f"{self.base}/site/"

    def serve(self, app_id: str, branch: str) -> None:
        """Serve this branch. Without it the first branch of the first app is served."""
        self._served = (app_id, branch)

    def break_commit(self, commit: str, status: int = 500, body: str = "<h1>Internal Server Error</h1>") -> None:
        """Let the site answer like this while a build of this commit is live."""
        self._sick[commit] = Health(status, body)

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a visitor."""
        self.requests.append(incoming.target)
        served = self._served or next(
            ((app.id, name) for app in self._amplify.apps.values() for name in app.branches), None
        )
        live = self._amplify.branch(*served).live if served else None
        if live is None:
            return text_answer("Welcome: your app will appear here once you complete your first deployment.", 404)
        if live.ends is not None and self._clock.now() < live.ends + self.ready_after:
            return text_answer("<h1>Service Unavailable</h1>", 503)
        if live.content is not None and live.builds not in self._sick:
            return _file(live.content, incoming.path)
        health = self._sick.get(live.builds, self.healthy)
        body = health.body.replace("{commit}", live.builds).replace("{job}", str(live.id))
        return text_answer(body, health.status)


def _file(content: Content, path: str) -> Answer:
    """Return a file of a zip deployment, with the ETag of the whole: it tells which content is live."""
    name = unquote(path).removeprefix("/site").lstrip("/")
    name = f"{name}index.html" if not name or name.endswith("/") else name
    tag = {"ETag": f'"{content.etag}"'}
    if name not in content.files:
        return text_answer("<h1>Not Found</h1>", 404, tag)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Answer(200, content.files[name], {"Content-Type": kind, **tag})
