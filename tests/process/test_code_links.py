"""Every code that people see leads to the entry that explains it: in annotations, summary and Slack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.slack import BOT_TOKEN
from tests.process.shop import BAD, STACK

if TYPE_CHECKING:
    from tests.process.shop import Shop

PLACE = {"GITHUB_ACTION_REPOSITORY": "acme/rollback", "GITHUB_ACTION_REF": "v1"}
ENTRY = "https://github.com/acme/rollback/blob/v1/docs/troubleshooting.md#no-previous-deployment"


def test_a_code_is_a_link_in_every_channel(shop: Shop) -> None:
    shop.app()
    shop.job(BAD)
    slack = {"slack_bot_token": BOT_TOKEN, "slack_channel": "C0ALERTS001", "slack_api_url": shop.sandbox.slack.api_url}
    ran = shop.run(PLACE, app_name="shop", **slack)
    assert f'<a href="{ENTRY}"><code>no-' in ran.summary
    assert f"See {ENTRY}" in ran.log
    assert ENTRY in json.dumps([message.blocks for message in shop.sandbox.slack.messages])


def test_where_the_action_is_a_local_one_the_path_is_told(shop: Shop) -> None:
    shop.stack("UPDATE_COMPLETE")
    ran = shop.run({"GITHUB_ACTION_REPOSITORY": ""}, stack_name=STACK)
    assert "See docs/troubleshooting.md#stack-keeps-deployment" in ran.log
    assert "<a href" not in ran.summary.split("stack-keeps-<wbr>deployment")[0][-40:]
