"""The site that the Amplify app serves: it says what the live build's commit says."""

from __future__ import annotations

import base64
import mimetypes
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sandbox.encodings import accepted, encoded
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
    """One branch's site, below /site/.

    - `ready_after` is how many seconds after a deployment its answer changes.
    - `credentials`, a name and a password, are asked for as Amplify's access control asks for them.
    - `coding` is the Content-Encoding of what it sends to visitors that accept it; `forced` sends it to the others too.
    - `charset` is how its text is encoded; `content_type` is said instead of the true one.
    - `hold` are real seconds before an answer begins, `pace` those between two bytes of a body; `endless` repeats it.
    """

    def __init__(self, amplify: Amplify, clock: Clock) -> None:
        self.base = ""
        self.ready_after = 0.0
        self.healthy = Health()
        self.credentials: tuple[str, str] | None = None
        self.coding = ""
        self.forced = False
        self.charset = "utf-8"
        self.content_type = ""
        self.hold = 0.0
        self.pace = 0.0
        self.endless = False
        self.requests: list[str] = []
        self.authorizations: list[str] = []
        self._redirects: dict[str, tuple[int, str]] = {}
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

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        """Lead visitors of a path, below the site's address, elsewhere; to itself it is a loop."""
        self._redirects[f"/site/{path}"] = (status, location)

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a visitor."""
        self.requests.append(incoming.target)
        self.authorizations.append(incoming.header("Authorization"))
        if self.credentials is not None and incoming.header("Authorization") != _basic(*self.credentials):
            return text_answer("Unauthorized", 401, {"WWW-Authenticate": 'Basic realm="shop"'})
        if incoming.path in self._redirects:
            status, location = self._redirects[incoming.path]
            return text_answer("", status, {"Location": location})
        return self._sent(self._page(incoming), incoming.header("Accept-Encoding"))

    def _sent(self, answer: Answer, accept: str) -> Answer:
        """Return the answer in the site's charset and coding, and at its pace."""
        kind = answer.headers.get("Content-Type", "")
        if self.charset != "utf-8" and kind.startswith("text/"):
            answer.body = answer.body.decode().encode(self.charset)
            answer.headers["Content-Type"] = f"{kind.partition(';')[0]}; charset={self.charset}"
        if self.content_type:
            answer.headers["Content-Type"] = self.content_type
        if self.coding and (self.forced or accepted(self.coding, accept)):
            answer.body = encoded(answer.body, self.coding)
            answer.headers |= {"Content-Encoding": self.coding.removeprefix("raw-"), "Vary": "Accept-Encoding"}
        answer.hold, answer.pace, answer.endless = self.hold, self.pace, self.endless
        return answer

    def _page(self, incoming: Incoming) -> Answer:
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


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def _file(content: Content, path: str) -> Answer:
    """Return a file of a zip deployment, with the ETag of the whole: it tells which content is live."""
    name = unquote(path).removeprefix("/site").lstrip("/")
    name = f"{name}index.html" if not name or name.endswith("/") else name
    tag = {"ETag": f'"{content.etag}"'}
    if name not in content.files:
        return text_answer("<h1>Not Found</h1>", 404, tag)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Answer(200, content.files[name], {"Content-Type": kind, **tag})
