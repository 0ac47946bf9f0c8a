"""The embedded AWS as one object: start it, seed it, point a process at it, look at what happened."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config

from sandbox.amplify import Amplify
from sandbox.amplify.artifacts import PREFIX
from sandbox.aws import Aws, Call, Hook
from sandbox.clock import Clock, ScaledClock
from sandbox.cloudformation import Caller, CloudFormation, Outside
from sandbox.exchange import Answer, ConnectionDroppedError, Incoming, text_answer
from sandbox.faults import Faults
from sandbox.github import GitHub
from sandbox.moto_time import TimedServices
from sandbox.server import Server
from sandbox.site import Site
from sandbox.slack import Slack

if TYPE_CHECKING:
    from types import TracebackType

    from sandbox.backend import Backend

_log = logging.getLogger(__name__)

ACCESS_KEY = "ASIASANDBOXACCESSKEY"
SECRET_KEY = "sandbox/secret+access/key/EXAMPLE0000000"  # noqa: S105 - made up
SESSION_TOKEN = "IQoJb3JpZ2luX2VjSANDBOXsessiontoken"  # noqa: S105 - made up


class Sandbox:
    """The embedded AWS, Slack, GitHub and the site, on one loopback port.

        with Sandbox(ManualClock()) as sandbox:
            sandbox.amplify.add_app("shop", "d1shop")
            subprocess.run([...], env={**os.environ, **sandbox.environment()})

    `backends` replaces a service of ours by another, for tests of the sandbox itself.
    moto's state is one per process, so only one sandbox of a process may use moto's services at a time.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        region: str = "us-west-2",
        port: int = 0,
        backends: dict[str, Backend] | None = None,
    ) -> None:
        self.clock = clock or ScaledClock()
        self.region = region
        self.faults = Faults()
        self.defects: list[str] = []
        self.services = TimedServices(region, self.clock)
        self.amplify = Amplify(self.clock, region, self.services)
        self.slack = Slack()
        self.site = Site(self.amplify, self.clock)
        self.github = GitHub(self.clock)
        services = self.services
        around = Outside(
            services.get_object, services.get_parameter, services.alarm_state, services.estate, services.bucket_region
        )
        self.cloudformation = CloudFormation(self.clock, around, Caller(region=region))
        services.catch_up = self.cloudformation.advance
        served: dict[str, Backend] = {
            "amplify": self.amplify,
            "cloudformation": self.cloudformation,
            **(backends or {}),
        }
        self._aws = Aws(self.clock, self.faults, served, self.services, (ACCESS_KEY, SESSION_TOKEN))
        self._server = Server(self.respond, port)
        self.url = self._server.url
        self.slack.url = self.site.base = self.github.base = self.amplify.artifacts.base = self.url

    def __enter__(self) -> Self:
        """Start serving, with moto's services empty."""
        self.services.reset()
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving. Raises RuntimeError if the sandbox itself failed: nothing it showed can be trusted then."""
        self._server.stop()
        self.services.reset()
        if self.defects and kind is None:
            raise RuntimeError("the sandbox failed:\n" + "\n".join(self.defects))

    @property
    def calls(self) -> list[Call]:
        """Every AWS call so far, in the order in which they came in."""
        return list(self._aws.calls)

    @property
    def before_call(self) -> list[Hook]:
        """Called before the effect of each AWS call: append to it."""
        return self._aws.before_call

    @property
    def after_call(self) -> list[Hook]:
        """Called after the effect of each AWS call and before its answer: append to it."""
        return self._aws.after_call

    def operations(self, service: str = "") -> list[str]:
        """Return the names of the operations called so far, of one service or of all."""
        return [call.operation for call in self.calls if service in {"", call.service}]

    def environment(self, **extra: str) -> dict[str, str]:
        """Return the environment variables that point a process's AWS SDK and GitHub client here.

        AWS_REGION alone, without AWS_DEFAULT_REGION, which boto3 reads instead: a user may have either.
        """
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": SESSION_TOKEN,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "GITHUB_API_URL": self.github.url,
            **extra,
        }

    def client(self, service: str, **config: Any) -> Any:
        """Return a boto3 client that calls this sandbox once per call: it does not retry, unless `config` says so."""
        settings = {"retries": {"max_attempts": 0}, "connect_timeout": 5, "read_timeout": 5, **config}
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=self.region,
            endpoint_url=self.url,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            aws_session_token=SESSION_TOKEN,
            config=Config(**settings),
        )

    def respond(self, incoming: Incoming) -> Answer:
        """Answer one request, as the server does. Raises ConnectionDroppedError for no answer at all."""
        try:
            return self._route(incoming)
        except ConnectionDroppedError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is
            # A defect of the embedded AWS must be seen, and must not look like one of AWS's own errors.
            _log.exception("the sandbox failed on %s %s", incoming.method, incoming.target)
            self.defects.append(traceback.format_exc())
            return text_answer("<html>the sandbox failed: see its log</html>", 500)

    def _route(self, incoming: Incoming) -> Answer:
        if incoming.header("Authorization").startswith("AWS4-HMAC-SHA256"):
            return self._aws.answer(incoming)
        for prefix, answer in (
            ("/slack/", self.slack.answer),
            ("/triggers/", self.slack.answer),
            ("/workflows/", self.slack.answer),
            ("/site/", self.site.answer),
            ("/github/", self.github.answer),
            (PREFIX, self.amplify.artifacts.answer),
        ):
            if incoming.path.startswith(prefix) or incoming.path + "/" == prefix:
                return answer(incoming)
        if incoming.path == "/":
            return text_answer("the embedded AWS")
        return self._aws.answer(incoming)
