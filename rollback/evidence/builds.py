"""What a failed build logged last: the step that failed, and the end of its log. The door to Amplify's logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback import web
from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import AwsTrouble
from rollback.report.model import BuildLog
from rollback.report.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECONDS, _BYTES, _LINES = 5.0, 4_000_000, 25
_LONGEST_LINE = 400
_SHORTEST_SECRET = 4


def failed_step(aws: Aws, app_id: str, branch: str, job_id: str, secrets: Iterable[str]) -> BuildLog | None:
    """Return the step of the job that failed and its log's last lines, without `secrets`; None where none failed.

    The log's address is signed: it is shown nowhere. Raises AwsTrouble.
    """
    client = aws.client("amplify")
    with speaking_to_aws("amplify", "GetJob"):
        steps: Any = client.get_job(appId=app_id, branchName=branch, jobId=job_id)["job"].get("steps") or []
        failed = next((step for step in steps if step["status"] == "FAILED"), None)
    if failed is None:
        return None
    return BuildLog(job=job_id, step=failed.get("stepName", ""), lines=_last_lines(failed.get("logUrl", ""), secrets))


def _last_lines(url: str, secrets: Iterable[str]) -> tuple[str, ...]:
    if not url:
        return ()
    try:
        answer = web.get(url, seconds=_SECONDS, headers={"User-Agent": "rollback-action/1"}, most_bytes=_BYTES)
    except (web.WebError, ValueError) as error:
        raise AwsTrouble(
            f"the build's log {error if isinstance(error, web.WebError) else 'has no usable address'}"
        ) from None
    if answer.status != 200:  # noqa: PLR2004 - HTTP's one for "here it is"
        raise AwsTrouble(f"the build's log answers {answer.status}")
    text = answer.text
    for secret in sorted({one for one in secrets if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return tuple(line[:_LONGEST_LINE] for line in clean(text).splitlines() if line.strip())[-_LINES:]
