"""Pure: every refusal and warning that the product can print, by its code.

docs/troubleshooting.md has an entry for each code; a test holds that.
"""

from __future__ import annotations

from enum import StrEnum

from rollback.report.model import Command, Notice


class Code(StrEnum):
    """The name of a refusal or warning, as docs/troubleshooting.md lists it."""

    ACCESS_DENIED = "access-denied"
    AWS_UNREADABLE = "aws-unreadable"
    AWS_REJECTED = "aws-rejected"
    INTERRUPTED = "interrupted"
    INVALID_INPUT = "invalid-input"
    INTERNAL_ERROR = "internal-error"
    SLACK_FAILED = "slack-failed"
    GITHUB_NOT_TOLD = "github-not-told"
    SLACK_UNENCRYPTED = "slack-unencrypted"
    VERIFICATION_FAILED = "verification-failed"
    TOGETHER_NOT_POSSIBLE = "together-not-possible"
    INCIDENT_NOT_WRITTEN = "incident-not-written"

    STACK_NOT_FOUND = "stack-not-found"
    STACK_FIRST_CREATION_FAILED = "stack-first-creation-failed"
    STACK_NEEDS_A_PERSON = "stack-needs-a-person"
    STACK_BEING_DELETED = "stack-being-deleted"
    STACK_IN_REVIEW = "stack-in-review"
    STACK_STATUS_UNKNOWN = "stack-status-unknown"
    STACK_TIMED_OUT = "stack-timed-out"
    STACK_KEEPS_DEPLOYMENT = "stack-keeps-deployment"
    STACK_FIRST_DEPLOYMENT = "stack-first-deployment"
    STACK_ROLLBACK_FAILED = "stack-rollback-failed"
    STACK_EXPRESS_MODE = "stack-express-mode"
    STACK_RESOURCES_SKIPPED = "stack-resources-skipped"

    SNAPSHOT_UNUSABLE = "snapshot-unusable"
    SNAPSHOT_UNPROTECTED = "snapshot-cannot-restore"
    SNAPSHOT_KEPT = "snapshot-kept"
    SNAPSHOT_JOB_PASSED_OVER = "snapshot-job-passed-over"
    PREVIOUS_DEPLOYMENT_FAILED = "previous-deployment-failed"
    SNAPSHOT_OF_FAILED_COMMIT = "snapshot-of-failed-commit"
    SNAPSHOT_OF_ANOTHER = "snapshot-of-another"
    SNAPSHOT_OLD = "snapshot-old"
    RELEASE_PASSED_OVER = "release-passed-over"
    RELEASE_COMMIT_DIFFERS = "release-commit-differs"
    RELEASE_MIXED = "release-mixed"
    STACK_POLICY_UNREAD = "stack-policy-unread"
    RESTORE_DESTRUCTIVE = "restore-destructive"
    RESTORE_UNREAD = "restore-unread"
    RESTORE_ARTIFACTS_GONE = "restore-artifacts-gone"
    RESTORE_SECRET_LOST = "restore-secret-lost"  # noqa: S105 - a notice's name
    RESTORE_NOT_OURS = "restore-not-ours"
    RESTORE_FAILED = "restore-failed"
    RESTORE_NOT_PROVEN = "restore-not-proven"
    RESTORE_KEEPS_VALUES = "restore-keeps-values"
    RESTORE_OUT_OF_REACH = "restore-out-of-reach"
    RESTORE_CHANGES_PERMISSIONS = "restore-changes-permissions"

    APP_NOT_FOUND = "app-not-found"
    BRANCH_NOT_FOUND = "branch-not-found"
    NO_PREVIOUS_DEPLOYMENT = "no-previous-deployment"
    LAST_KNOWN_GOOD_UNCLEAR = "last-known-good-unclear"
    TARGET_NOT_FOUND = "target-not-found"
    TARGET_IS_FAILED_COMMIT = "target-is-failed-commit"
    TARGET_CANNOT_BE_RETRIED = "target-cannot-be-retried"
    SUPERSEDED = "superseded"
    FRONTEND_TIMED_OUT = "frontend-timed-out"
    REDEPLOYMENT_FAILED = "redeployment-failed"
    REDEPLOYMENT_NOT_NEEDED = "redeployment-failed-site-good"
    WRONG_COMMIT_BUILT = "wrong-commit-built"
    UNPROVEN = "unproven"
    BRANCH_HAS_BACKEND = "branch-has-backend"
    BUILD_QUEUED = "build-queued"
    AUTO_BUILD_LOCKED = "auto-build-locked"
    AUTO_BUILD_NOT_LOCKED = "auto-build-not-locked"
    ENVIRONMENT_NOT_RESTORED = "environment-not-restored"


def warning(code: Code, text: str, *remedies: Command) -> Notice:
    """Return a warning: something a person should know or do, though the run goes on."""
    return Notice(code=code, level="warning", text=text, remedies=remedies)


def error(code: Code, text: str, *remedies: Command) -> Notice:
    """Return an error: something a person must act on."""
    return Notice(code=code, level="error", text=text, remedies=remedies)


def internal_error(defect: BaseException) -> Notice:
    """Return the error that a defect of the action itself is told by: what, and where, in one line."""
    trace = defect.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" (line {trace.tb_lineno} of {trace.tb_frame.f_code.co_name})" if trace else ""
    try:
        said = str(defect)
    except Exception:  # noqa: BLE001 - the handler of an error is not to make another
        said = "it can't say what"
    text = f"An error in the action itself: {type(defect).__name__}: {said}{where}."
    cure = Command(purpose="Run this job again: it goes on where AWS stands. Report this error to the maintainers")
    return error(Code.INTERNAL_ERROR, text, cure)
