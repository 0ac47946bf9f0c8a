"""What GitHub's Environments page is told once a rollback is over: only what was proven, and never a reason to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.github import deployments
from rollback.github.api import GitHub
from rollback.report.commits import is_sha, same_commit
from rollback.report.model import Command
from rollback.report.notices import Code, internal_error, warning
from rollback.report.results import Mode, Outcome

if TYPE_CHECKING:
    from rollback.incident.model import Incident
    from rollback.report.model import Notice, Report

_SECONDS = 30.0
_WELL = frozenset({Outcome.ROLLED_BACK, Outcome.NOT_NEEDED})


def tell_github(incident: Incident, report: Report) -> Report:
    """Tell GitHub's deployments what is live, where that was asked for and is proven. Never raises.

    Return the report, with a warning where it could not be told.
    """
    inputs = incident.inputs
    asked = inputs.github_deployment and inputs.mode is Mode.ROLLBACK and not inputs.dry_run
    if not asked or report.outcome not in _WELL:
        return report
    try:
        notice = _tell(incident, report)
    except Exception as defect:  # noqa: BLE001 - whatever breaks here, results and outputs stand
        notice = internal_error(defect)
    return report.model_copy(update={"notices": (*report.notices, notice)}) if notice else report


def _tell(incident: Incident, report: Report) -> Notice | None:
    inputs, frontend = incident.inputs, report.frontend
    restored = frontend.restored if frontend else None
    commit = restored.commit if frontend and frontend.proven and restored else ""
    if not is_sha(commit) or same_commit(commit, inputs.commit or ""):
        cure = Command(purpose="Let Amplify's jobs name their commit, or prove it with verify-contains: {commit}")
        return _untold("which commit is live is not proven.", cure)
    if inputs.github_token is None:
        return _untold("there is no github-token.", Command(purpose="Leave github-token at its default"))
    github = GitHub(incident.environ, inputs.github_token.get_secret_value(), seconds=_SECONDS)
    now = deployments.Deployed(
        environment=inputs.environment,
        commit=commit,
        failed_commit=inputs.commit or "",
        site=frontend.url if frontend else "",
        run_id=report.context.run_id,
        run_url=report.context.run_url,
    )
    try:
        deployments.tell(github, now)
    except deployments.Untold as trouble:
        return _untold(f"{trouble}.", *([Command(purpose=trouble.cure)] if trouble.cure else []))
    incident.progress.tell("github", f"environment {inputs.environment}: {commit[:7]} is live")
    return None


def _untold(why: str, *cures: Command) -> Notice:
    return warning(Code.GITHUB_NOT_TOLD, f"GitHub's deployments were not told, or not all of it: {why}", *cures)
