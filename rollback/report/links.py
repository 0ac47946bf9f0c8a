"""Pure: addresses of AWS's consoles, for people."""

from __future__ import annotations

import re
from urllib.parse import quote

_LABEL = re.compile(r"[A-Za-z0-9-]{1,63}")


def stack(region: str, stack_id: str) -> str:
    """Return the CloudFormation console's page of a stack's events."""
    where = f"region={region}#/stacks/events?stackId={quote(stack_id, safe='')}"
    return f"https://{_host(region)}/cloudformation/home?{where}"


def app(region: str, app_id: str, branch: str, job_id: str = "") -> str:
    """Return the Amplify console's page of a branch, or of one of its jobs."""
    job = f"/{quote(job_id, safe='')}" if job_id else ""
    page = f"{quote(app_id, safe='')}/branches/{quote(branch, safe='')}/deployments{job}"
    return f"https://{_host(region)}/amplify/apps/{page}?region={region}"


def alarm(region: str, name: str) -> str:
    """Return the CloudWatch console's page of an alarm."""
    return f"https://{_host(region)}/cloudwatch/home?region={region}#alarmsV2:alarm/{quote(name, safe='')}"


def log_group(region: str, group: str) -> str:
    """Return the CloudWatch console's page of a log group; its name is escaped twice there, with `$` for `%`."""
    name = quote(quote(group, safe=""), safe="").replace("%", "$")
    return f"https://{_host(region)}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{name}"


def site(domain: str, branch: str, display_name: str = "") -> str:
    """Return the branch's own address at Amplify's domain; empty where it isn't known or can't resolve.

    GetBranch's display name is the label; else each character of the branch's name that no DNS label allows is a dash
    (as reported). A label of over 63 characters does not resolve (RFC 1035).
    """
    label = display_name or re.sub(r"[^a-z0-9-]", "-", branch.lower())
    return f"https://{label}.{domain}" if domain and _LABEL.fullmatch(label) else ""


def troubleshooting(server: str, repository: str, ref: str) -> str:
    """Return the page that explains the codes, in the action's repository at the version that runs; else its path."""
    path = "docs/troubleshooting.md"
    return (
        f"{server}/{quote(repository, errors='replace')}/blob/{quote(ref, errors='replace')}/{path}"
        if repository and ref
        else path
    )


def entry(page: str, code: str) -> str:
    """Return where the page explains a code."""
    return f"{page}#{quote(code, safe='', errors='replace')}"


def _host(region: str) -> str:
    if region.startswith("cn-"):
        return "console.amazonaws.cn"
    return "console.amazonaws-us-gov.com" if region.startswith("us-gov-") else f"{region}.console.aws.amazon.com"
