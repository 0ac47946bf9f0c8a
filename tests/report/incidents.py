"""Realistic reports, one for each outcome: what the tests compare, and what the pictures in docs/images show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rollback.report.model import (
    BuildLog,
    Command,
    Context,
    DataReport,
    Evidence,
    FailedJob,
    FrontendReport,
    Happening,
    JobReport,
    LoggedError,
    Look,
    Moment,
    Notice,
    Readiness,
    Report,
    RingingAlarm,
    RootCause,
    StackReport,
    VerificationReport,
)
from rollback.report.results import Mode, Outcome, Result, Verdict

BAD = "b4dc0ffee0b4dc0ffee0b4dc0ffee0b4dc0ffee0"
GOOD = "600d600d91600d600d91600d600d91600d600d91"
BEGAN = datetime(2025, 12, 3, 2, 41, 7, tzinfo=UTC)

CONTEXT = Context(
    repository="acme/shop",
    workflow="Deploy",
    run_id="19876543210",
    run_attempt="1",
    run_url="https://github.com/acme/shop/actions/runs/19876543210",
    branch="develop",
    commit=BAD,
    commit_url=f"https://github.com/acme/shop/commit/{BAD}",
    commit_message="Checkout: price rules from the new table",
    author="Ada Miller",
    environment="development",
    region="us-west-2",
)

FAILED_JOBS = (
    FailedJob(
        name="smoke-tests",
        result="failure",
        step="Check that the cart can be paid",
        link="https://github.com/acme/shop/actions/runs/19876543210/job/55443322110",
    ),
)

STACK_LINK = (
    "https://us-west-2.console.aws.amazon.com/cloudformation/home?region=us-west-2#/stacks/stackinfo?stackId=shop"
)
AMPLIFY_LINK = "https://us-west-2.console.aws.amazon.com/amplify/apps/d2k3l4m5n6p7q8/branches/develop"

BAD_JOB = JobReport(
    id="42",
    commit=BAD,
    status="SUCCEED",
    type="RELEASE",
    started=BEGAN - timedelta(minutes=14),
    ended=BEGAN - timedelta(minutes=9),
    note="is of the failed commit",
)
GOOD_JOB = JobReport(
    id="41",
    commit=GOOD,
    status="SUCCEED",
    type="RELEASE",
    started=BEGAN - timedelta(days=1),
    ended=BEGAN - timedelta(days=1) + timedelta(minutes=4, seconds=20),
    note="newest success that is not of the failed deployment",
    last_known_good=True,
)
NEW_JOB = JobReport(
    id="43",
    commit=GOOD,
    status="SUCCEED",
    type="RETRY",
    started=BEGAN + timedelta(seconds=96),
    ended=BEGAN + timedelta(seconds=352),
    live=True,
)
OLD_JOB = JobReport(
    id="40",
    commit="0dd0dd0dd00dd0dd0dd00dd0dd0dd00dd0dd0dd0",
    status="FAILED",
    type="RELEASE",
    started=BEGAN - timedelta(days=2),
    ended=BEGAN - timedelta(days=2) + timedelta(minutes=2),
    note="did not succeed",
)

STACK = StackReport(
    name="acme-shop-development",
    result=Result.ROLLED_BACK,
    status_before="UPDATE_IN_PROGRESS",
    status="UPDATE_ROLLBACK_COMPLETE",
    actions=("cancelled the update", "waited for CloudFormation's rollback"),
    reason="CloudFormation rolled the update back.",
    root_cause=RootCause(
        where="stack acme-shop-development",
        resource="PriceRulesFunction",
        resource_type="AWS::Lambda::Function",
        reason="Resource handler returned message: Value at 'memorySize' failed to satisfy constraint: Member must "
        "have value less than or equal to 10240 (Service: Lambda, Status Code: 400)",
        link=STACK_LINK,
    ),
    link=STACK_LINK,
    events=(
        Happening(
            at=BEGAN + timedelta(seconds=88), resource="acme-shop-development", status="UPDATE_ROLLBACK_COMPLETE"
        ),
        Happening(
            at=BEGAN - timedelta(seconds=8),
            resource="PriceRulesFunction",
            status="UPDATE_FAILED",
            reason="Resource handler returned message: Value at 'memorySize' failed to satisfy constraint",
        ),
    ),
)

FRONTEND = FrontendReport(
    app_id="d2k3l4m5n6p7q8",
    app_name="acme-shop",
    branch="develop",
    result=Result.ROLLED_BACK,
    before=BAD_JOB,
    target=GOOD_JOB,
    job=NEW_JOB,
    restored=GOOD_JOB,
    live=NEW_JOB,
    proven=True,
    actions=("redeployed job 41 (commit 600d600) as job 43",),
    reason="Job 43 serves the last known good.",
    url="https://develop.d2k3l4m5n6p7q8.amplifyapp.com",
    link=AMPLIFY_LINK,
    history=(NEW_JOB, BAD_JOB, GOOD_JOB, OLD_JOB),
)

EVIDENCE = Evidence(
    alarms=(
        RingingAlarm(
            name="shop-development-errors",
            stack="shop-development",
            reason="Threshold Crossed: 3 out of 3 datapoints were greater than the threshold (1.0)",
            since=BEGAN - timedelta(minutes=4),
            link="https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#alarmsV2:alarm/errors",
        ),
    ),
    logged=(
        LoggedError(
            function="Checkout",
            message="TypeError: Cannot read properties of undefined (reading 'price')",
            count=412,
            first=BEGAN - timedelta(minutes=6),
            last=BEGAN - timedelta(minutes=1),
            link="https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#logsV2:log-groups",
        ),
    ),
    build=BuildLog(job="42", step="BUILD", lines=("# Executing command: npm run build", "!!! Build failed")),
    not_read=("the log of Mailer: access denied",),
)

DATA = (
    DataReport(
        stack="shop-development",
        resource="Orders",
        type="AWS::DynamoDB::Table",
        physical_id="shop-development-Orders-1ABC",
        said="point-in-time recovery is on; the newest restorable moment lies some five minutes back",
        commands=(
            Command(
                purpose="Restore it into a table beside it",
                line="aws dynamodb restore-table-to-point-in-time --source-table-name shop-development-Orders-1ABC "
                "--target-table-name shop-development-Orders-1ABC-at-20251203023000 "
                "--restore-date-time 2025-12-03T02:30:00Z --region us-west-2",
            ),
        ),
    ),
    DataReport(
        stack="shop-development",
        resource="Files",
        type="AWS::S3::Bucket",
        physical_id="shop-development-files-1abc",
        said="no versioning was on: what was overwritten or deleted is gone",
    ),
)

READINESS = (
    Readiness(what="Stack shop-development", state="ready", said=("template of 8,412 bytes",)),
    Readiness(what="Frontend develop", state="ready", said=("job 41, commit 600d600",)),
    Readiness(
        what="Data: Files (AWS::S3::Bucket)",
        state="weak",
        said=("versioning is off",),
        cures=(
            Command(
                purpose="Switch versioning of Files on, in the template too",
                line="aws s3api put-bucket-versioning --bucket shop-development-files-1abc "
                "--versioning-configuration Status=Enabled --region us-west-2",
            ),
        ),
    ),
    Readiness(
        what="Data: Users (AWS::Cognito::UserPool)",
        state="unchecked",
        said=("not checked: access denied",),
        cures=(Command(purpose="Add the permission cognito-idp:DescribeUserPool to the role"),),
    ),
)

TIMELINE = (
    Moment(seconds=0.4, part="trigger", text="smoke-tests-failed: The smoke tests did not succeed"),
    Moment(seconds=1.1, part="stack acme-shop-development", text="UPDATE_IN_PROGRESS"),
    Moment(seconds=1.6, part="stack acme-shop-development", text="cancel the update that runs"),
    Moment(seconds=6.9, part="stack acme-shop-development", text="UPDATE_ROLLBACK_IN_PROGRESS (User Initiated)"),
    Moment(seconds=88.2, part="stack acme-shop-development", text="UPDATE_ROLLBACK_COMPLETE"),
    Moment(seconds=90.0, part="frontend", text="redeploy job 41 (600d600): Amplify rebuilds its commit"),
    Moment(seconds=96.3, part="frontend", text="job 43 (600d600) is PENDING"),
    Moment(seconds=101.4, part="frontend", text="job 43 (600d600) is RUNNING"),
    Moment(seconds=352.7, part="frontend", text="job 43 (600d600) is SUCCEED"),
    Moment(
        seconds=354.0, part="verification", text="passed: https://develop.d2k3l4m5n6p7q8.amplifyapp.com answers 200"
    ),
)

ROLLED_BACK = Report(
    mode=Mode.ROLLBACK,
    outcome=Outcome.ROLLED_BACK,
    reason="The stack and the frontend are back at the last known good.",
    triggered=True,
    rule="smoke-tests-failed",
    context=CONTEXT,
    stacks=(STACK,),
    stack_result=Result.ROLLED_BACK,
    frontend=FRONTEND,
    frontend_result=Result.ROLLED_BACK,
    verification=VerificationReport(
        verdict=Verdict.PASSED,
        checks=("https://develop.d2k3l4m5n6p7q8.amplifyapp.com answered 200 and contains 600d600",),
        proves_commit=True,
    ),
    failed_jobs=FAILED_JOBS,
    timeline=TIMELINE,
    started=BEGAN,
    recovery_seconds=354.0,
    elapsed_seconds=354.6,
    notified=True,
)

_KEEPS = (
    "CloudFormation keeps no earlier version of a finished update: resources stay as the failed deployment left them"
)

NOT_NEEDED_STACK = STACK.model_copy(
    update={
        "result": Result.NOT_NEEDED,
        "status_before": "UPDATE_COMPLETE",
        "status": "UPDATE_COMPLETE",
        "actions": (),
        "reason": "The stack is at rest in UPDATE_COMPLETE and there is no snapshot to restore.",
        "root_cause": None,
        "notices": (
            Notice(
                code="stack-keeps-deployment",
                level="warning",
                text="Stack acme-shop-development keeps what the failed deployment changed.",
            ),
        ),
        "not_rolled_back": (_KEEPS,),
        "events": (),
    }
)

UNPROVEN = ROLLED_BACK.model_copy(
    update={
        "stacks": (NOT_NEEDED_STACK,),
        "frontend": FRONTEND.model_copy(
            update={
                "proven": False,
                "job": NEW_JOB.model_copy(update={"commit": "HEAD"}),
                "live": NEW_JOB.model_copy(update={"commit": "HEAD"}),
                "restored": GOOD_JOB.model_copy(update={"commit": "HEAD"}),
                "actions": ("redeployed job 41 (HEAD) as job 43",),
                "notices": (
                    Notice(
                        code="unproven",
                        level="warning",
                        text="Amplify names no commit for job 41, so what job 43 built is unproven.",
                        remedies=(
                            Command(
                                purpose="Redeploy a commit that you name, if the site is not the release you expect",
                                line="aws amplify start-job --app-id d2k3l4m5n6p7q8 --branch-name develop "
                                f"--job-type RELEASE --commit-id {GOOD} --region us-west-2",
                            ),
                        ),
                    ),
                ),
            }
        ),
        "verification": VerificationReport(),
    }
)

PARTIAL = ROLLED_BACK.model_copy(
    update={
        "outcome": Outcome.PARTIAL,
        "reason": "The frontend is back at the last known good; stack acme-shop-development is not.",
        "stacks": (
            STACK.model_copy(
                update={
                    "result": Result.FAILED,
                    "status_before": "UPDATE_ROLLBACK_FAILED",
                    "status": "UPDATE_ROLLBACK_FAILED",
                    "actions": ("continued the rollback", "continued the rollback a second time"),
                    "reason": "The rollback failed again on PriceRulesTable: Cannot delete entity since it is locked.",
                    "not_rolled_back": ("PriceRulesTable (AWS::DynamoDB::Table) is as the failed deployment left it",),
                    "next_steps": (
                        Command(
                            purpose="Mend what PriceRulesTable complains of, or leave it as it is and skip it",
                            line="aws cloudformation continue-update-rollback --stack-name acme-shop-development \\\n"
                            "  --resources-to-skip PriceRulesTable --region us-west-2",
                        ),
                        Command(
                            purpose="See how far it came",
                            line="python -m rollback --mode status --stack-name acme-shop-development",
                        ),
                    ),
                    "notices": (
                        Notice(
                            code="stack-rollback-failed",
                            level="error",
                            text="Stack acme-shop-development is stuck: until it is mended, no deployment works.",
                        ),
                    ),
                }
            ),
        ),
        "stack_result": Result.FAILED,
        "verification": VerificationReport(),
        "recovery_seconds": None,
    }
)

FAILED = PARTIAL.model_copy(
    update={
        "outcome": Outcome.FAILED,
        "reason": "Neither the stack nor the frontend could be rolled back.",
        "frontend": FRONTEND.model_copy(
            update={
                "result": Result.REFUSED,
                "before": BAD_JOB.model_copy(update={"live": True}),
                "live": BAD_JOB.model_copy(update={"live": True}),
                "target": None,
                "job": None,
                "restored": None,
                "proven": False,
                "actions": (),
                "reason": "No previous Amplify deployment found: all earlier deployments failed.",
                "history": (BAD_JOB.model_copy(update={"live": True}), OLD_JOB),
                "next_steps": (
                    Command(
                        purpose="Deploy a commit that you know to be good",
                        line="python -m rollback --force --target-commit <commit> --app-id d2k3l4m5n6p7q8",
                    ),
                ),
            }
        ),
        "frontend_result": Result.REFUSED,
        "timeline": TIMELINE[:2],
    }
)

UNHEALTHY = ROLLED_BACK.model_copy(
    update={
        "outcome": Outcome.UNHEALTHY,
        "reason": "Everything is back at the last known good, but the site does not answer as it should.",
        "verification": VerificationReport(
            verdict=Verdict.FAILED,
            checks=(
                "https://develop.d2k3l4m5n6p7q8.amplifyapp.com answered 502 for 2 min 0 s",
                "alarm acme-shop-5xx is in ALARM",
            ),
        ),
        "next_steps": (
            Command(
                purpose="Look at what the application logs",
                line="aws logs tail /aws/lambda/acme-shop-development --since 30m --follow --region us-west-2",
            ),
        ),
        "recovery_seconds": None,
        "evidence": EVIDENCE,
        "data": DATA,
    }
)

INTERRUPTED = ROLLED_BACK.model_copy(
    update={
        "outcome": Outcome.INTERRUPTED,
        "reason": "The job was cancelled while CloudFormation was rolling back.",
        "stacks": (STACK.model_copy(update={"result": None, "status": "UPDATE_ROLLBACK_IN_PROGRESS", "reason": ""}),),
        "frontend": FRONTEND.model_copy(
            update={
                "result": None,
                "actions": (),
                "job": None,
                "restored": None,
                "live": BAD_JOB,
                "reason": "",
            }
        ),
        "verification": VerificationReport(),
        "timeline": TIMELINE[:4],
        "recovery_seconds": None,
        "next_steps": (
            Command(
                purpose="Run the job again: it adopts what is under way and goes on",
                line="gh run rerun 19876543210 --failed",
            ),
        ),
    }
)

NOT_NEEDED = UNPROVEN.model_copy(
    update={
        "outcome": Outcome.NOT_NEEDED,
        "reason": "The site serves the last known good already.",
        "frontend": FRONTEND.model_copy(
            update={
                "result": Result.ALREADY_GOOD,
                "job": None,
                "before": GOOD_JOB,
                "live": GOOD_JOB,
                "actions": (),
                "reason": "The failed build changed nothing: job 41 is still live.",
            }
        ),
    }
)

NOT_TRIGGERED = Report(
    mode=Mode.ROLLBACK,
    outcome=Outcome.NOT_TRIGGERED,
    reason="The infrastructure was not deployed (deploy-infrastructure: failure): nothing to roll back yet.",
    rule="infrastructure-not-deployed",
    context=CONTEXT,
    started=BEGAN,
)

PLANNED = ROLLED_BACK.model_copy(
    update={
        "outcome": Outcome.PLANNED,
        "reason": "A dry run: nothing was changed.",
        "dry_run": True,
        "stacks": (
            STACK.model_copy(
                update={
                    "result": Result.PLANNED,
                    "status": "UPDATE_IN_PROGRESS",
                    "reason": "",
                    "actions": ("cancel the update", "wait for CloudFormation's rollback"),
                }
            ),
        ),
        "frontend": FRONTEND.model_copy(
            update={
                "result": Result.PLANNED,
                "live": BAD_JOB,
                "job": None,
                "restored": None,
                "proven": False,
                "reason": "",
                "actions": ("redeploy job 41 (commit 600d600)",),
                "history": (BAD_JOB.model_copy(update={"live": True}), GOOD_JOB, OLD_JOB),
            }
        ),
        "verification": VerificationReport(),
        "timeline": (),
        "recovery_seconds": None,
        "notified": False,
    }
)

INVALID_INPUTS = Report(
    mode=Mode.ROLLBACK,
    outcome=Outcome.INVALID_INPUTS,
    reason="3 inputs are wrong.",
    context=CONTEXT,
    notices=(
        Notice(code="invalid-input", level="error", text="app-name: give at least one of stack-name, app-id, app-name"),
        Notice(code="invalid-input", level="error", text="poll-interval: 'soon' is not a number of seconds"),
        Notice(
            code="invalid-input",
            level="error",
            text="aws-region: none given, and neither AWS_REGION nor AWS_DEFAULT_REGION",
        ),
    ),
    started=BEGAN,
)

VERIFIED = Report(
    mode=Mode.VERIFY,
    outcome=Outcome.VERIFIED,
    reason="passed: https://develop.d2k3l4m5n6p7q8.amplifyapp.com/release.txt answers 200 and contains '600d600'",
    context=CONTEXT,
    verification=VerificationReport(
        verdict=Verdict.PASSED,
        checks=("passed: not in ALARM: acme-shop-5xx",),
        well_after=12.4,
        looks=(
            Look(seconds=0.2, fine=False, text="failed: in ALARM: acme-shop-5xx"),
            Look(seconds=12.4, fine=True, text="passed: not in ALARM: acme-shop-5xx"),
        ),
    ),
    started=BEGAN,
)

SNAPSHOT_SAVED = Report(
    mode=Mode.SNAPSHOT,
    outcome=Outcome.SNAPSHOT_SAVED,
    reason="Recorded stack acme-shop-development and Amplify job 41",
    context=CONTEXT,
    snapshot="s3://acme-rollback/shop/development.json",
    started=BEGAN,
    ready=True,
    readiness=READINESS,
)

STATUS = PLANNED.model_copy(
    update={
        "mode": Mode.STATUS,
        "outcome": Outcome.STATUS,
        "reason": "Only looked; nothing was changed.",
        "triggered": False,
        "rule": "",
        "dry_run": False,
        "failed_jobs": (),
        "stacks": tuple(stack.model_copy(update={"actions": (), "result": None}) for stack in PLANNED.stacks),
        "frontend": PLANNED.frontend and PLANNED.frontend.model_copy(update={"actions": (), "result": None}),
    }
)

ALL = {
    "rolled-back": ROLLED_BACK,
    "unproven": UNPROVEN,
    "unhealthy": UNHEALTHY,
    "partial": PARTIAL,
    "failed": FAILED,
    "interrupted": INTERRUPTED,
    "not-needed": NOT_NEEDED,
    "not-triggered": NOT_TRIGGERED,
    "planned": PLANNED,
    "invalid-inputs": INVALID_INPUTS,
    "verified": VERIFIED,
    "snapshot-saved": SNAPSHOT_SAVED,
    "status": STATUS,
}
