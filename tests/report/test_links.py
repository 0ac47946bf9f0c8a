"""Addresses of AWS's consoles."""

from __future__ import annotations

import pytest

from rollback.report import links


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-west-2", "us-west-2.console.aws.amazon.com"),
        ("cn-north-1", "console.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_each_partition_has_its_console(region: str, host: str) -> None:
    assert links.stack(region, "arn:aws:x/y") == (
        f"https://{host}/cloudformation/home?region={region}#/stacks/events?stackId=arn%3Aaws%3Ax%2Fy"
    )
    assert links.app(region, "d1", "feature/a b", "7") == (
        f"https://{host}/amplify/apps/d1/branches/feature%2Fa%20b/deployments/7?region={region}"
    )


def test_without_a_job_the_branch_is_linked() -> None:
    assert links.app("us-west-2", "d1", "develop").endswith("/branches/develop/deployments?region=us-west-2")


@pytest.mark.parametrize(
    ("domain", "branch", "address"),
    [
        ("d1.amplifyapp.com", "develop", "https://develop.d1.amplifyapp.com"),
        ("d1.amplifyapp.com", "Feature/A", "https://feature-a.d1.amplifyapp.com"),
        ("d1.amplifyapp.com", "release/v1.2_b", "https://release-v1-2-b.d1.amplifyapp.com"),
        ("d1.amplifyapp.com", "grün", "https://gr-n.d1.amplifyapp.com"),
        ("d1.amplifyapp.com", "x" * 63, f"https://{'x' * 63}.d1.amplifyapp.com"),
        ("d1.amplifyapp.com", "x" * 64, ""),
        ("", "develop", ""),
    ],
)
def test_the_sites_own_address(domain: str, branch: str, address: str) -> None:
    assert links.site(domain, branch) == address


def test_the_entry_of_a_code_lies_where_the_action_does_at_the_version_that_runs() -> None:
    page = links.troubleshooting("https://github.example", "acme/rollback", "v1")
    assert links.entry(page, "superseded") == (
        "https://github.example/acme/rollback/blob/v1/docs/troubleshooting.md#superseded"
    )


def test_on_a_terminal_it_is_the_path() -> None:
    page = links.troubleshooting("https://github.com", "", "")
    assert links.entry(page, "superseded") == "docs/troubleshooting.md#superseded"


def test_the_sites_label_is_the_display_name_where_amplify_tells_it() -> None:
    assert links.site("d1.amplifyapp.com", "feature/very-long", "pr-7") == "https://pr-7.d1.amplifyapp.com"
