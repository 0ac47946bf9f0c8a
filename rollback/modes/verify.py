"""`mode: verify`: check what is served and nothing else, as a gate after a deployment. A rollback ends in it, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.incident import wishes
from rollback.report.notices import Code, error
from rollback.report.results import Outcome, Verdict
from rollback.verification.verify import verify

if TYPE_CHECKING:
    from rollback.incident.model import Incident
    from rollback.modes import Ending


def check_what_is_served(incident: Incident) -> Ending:
    """Verify; `{commit}` in what is looked for is the deployed commit."""
    watch(incident, incident.inputs.commit or "", "What is served is not healthy.")
    if incident.verification.verdict is Verdict.FAILED:
        return Outcome.UNHEALTHY, incident.notices[-1].text
    return Outcome.VERIFIED, " ".join(incident.verification.checks)


def watch(incident: Incident, commit: str, unhealthy: str) -> None:
    """Verify that `commit` is served well; the sentence `unhealthy` begins the error where it is not."""
    progress, before = incident.progress, incident.progress.seconds
    said = verify(
        wishes.wanted(incident.inputs),
        commit,
        incident.doors.aws,
        incident.clock,
        lambda text: progress.detail("verification", text),
    )
    incident.verification = said
    if said.well_after is not None:
        incident.recovered_after = before + said.well_after
    for check in said.checks:
        progress.tell("verification", check)
    if said.verdict is Verdict.FAILED:
        failed = "; ".join(check for check in said.checks if check.startswith("failed"))
        relapse = f" All was fine after {said.well_after:g} s, but did not stay so." if said.relapsed else ""
        incident.notices.append(error(Code.VERIFICATION_FAILED, f"{unhealthy}{relapse} {failed}"))
