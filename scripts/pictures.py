"""Take the pictures of docs/images: the demo's incidents are played, and what the runs wrote is shown in a browser.

    npm install --prefix out/pages github-markdown-css mermaid
    python -m scripts.pictures [BROWSER]

BROWSER is a Chromium. Nothing in a picture is made up: summaries and messages are those of real runs.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from sandbox.clock import ScaledClock
from sandbox.demo.__main__ import play
from sandbox.demo.incidents import INCIDENTS
from sandbox.slack import BOT_TOKEN
from sandbox.world import Sandbox

if TYPE_CHECKING:
    from sandbox.demo.incidents import Incident
    from sandbox.slack import Message

ROOT = Path(__file__).resolve().parent.parent
IMAGES, PAGES = ROOT / "docs" / "images", ROOT / "out" / "pages"
SPEED = 60.0
BOT = {"slack-bot-token": BOT_TOKEN, "slack-channel": "C0ALERTS001", "slack-webhook-url": ""}

PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="node_modules/github-markdown-css/github-markdown-{theme}.css">
<style>body {{ margin: 0; background: {ground} }} .markdown-body {{ padding: 24px; max-width: 860px }}
pre.mermaid {{ background: transparent !important }}</style>
<article class="markdown-body">{body}</article>
<script src="node_modules/mermaid/dist/mermaid.min.js"></script>
<script>mermaid.initialize({{ startOnLoad: true, theme: "{mermaid}" }})</script>
"""
THEMES = {"light": ("#ffffff", "default"), "dark": ("#0d1117", "dark")}

SLACK_PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>
body {{ margin: 0; padding: 16px 20px; max-width: 620px; font: 15px/1.46 Lato, "Helvetica Neue", Arial, sans-serif;
  color: #1d1c1d }}
h1 {{ font-size: 18px; margin: 8px 0 }} p {{ margin: 8px 0 }} a {{ color: #1264a3; text-decoration: none }}
.fields {{ display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px }}
.mention {{ background: #fef7e3; color: #1264a3 }}
code, pre {{ font: 12px Menlo, "DejaVu Sans Mono", monospace; background: #f6f6f6; border: 1px solid #ddd;
  border-radius: 3px; padding: 2px 3px }} code {{ color: #c01343 }} pre {{ padding: 8px; white-space: pre-wrap }}
.thread {{ border-left: 4px solid #ddd; padding-left: 16px; margin-top: 20px; font-size: 14px }}
</style>{body}"""


def played(incident: Incident, folder: Path, *, by_bot: bool = False) -> tuple[str, list[Message]]:
    """Return the summary and the Slack messages that the incident's rollback wrote."""
    folder.mkdir(parents=True, exist_ok=True)
    with Sandbox(ScaledClock(SPEED)) as sandbox:
        play(sandbox, incident, folder, {**BOT, "slack-api-url": sandbox.slack.api_url} if by_bot else {})
        return (folder / "rollback-github_step_summary.txt").read_text(encoding="utf-8"), sandbox.slack.messages


def summary_page(markdown: str, theme: str) -> str:
    """Return the summary as GitHub shows it."""
    ground, mermaid = THEMES[theme]
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    body = re.sub(r'(?s)<pre><code class="language-mermaid">(.*?)</code></pre>', r'<pre class="mermaid">\1</pre>', body)
    return PAGE.format(body=body, theme=theme, ground=ground, mermaid=mermaid)


def slack_page(messages: list[Message]) -> str:
    """Return the message at the start, the same one at the end, and its thread, much as Slack shows them."""
    first, *thread = messages
    start = blocks_html(first.edits[0]["blocks"]) if first.edits else ""
    details = "".join(blocks_html(message.blocks) for message in thread)
    return SLACK_PAGE.format(body=f'{start}<hr>{blocks_html(first.blocks)}<div class="thread">{details}</div>')


def blocks_html(blocks: list[dict[str, Any]]) -> str:
    """Return a message's blocks as HTML."""
    shown = []
    for block in blocks:
        if block["type"] == "header":
            shown.append(f"<h1>{html.escape(block['text']['text'])}</h1>")
        elif "fields" in block:
            fields = "".join(f"<div>{mrkdwn_html(field['text'])}</div>" for field in block["fields"])
            shown.append(f'<div class="fields">{fields}</div>')
        else:
            shown.append(f"<p>{mrkdwn_html(block['text']['text'])}</p>")
    return "\n".join(shown)


def mrkdwn_html(text: str) -> str:
    """Return what Slack makes of our messages' few controls."""
    text = re.sub(r"<(https?://[^|>]*)\|([^>]*)>", r'<a href="\1">\2</a>', text)
    text = re.sub(r"<!(here|channel)>", r'<span class="mention">@\1</span>', text)
    text = re.sub(r"<!subteam\^\w+>", r'<span class="mention">@devops</span>', text)
    pieces = re.split(r"(?s)```\n?(.*?)\n?```\n?", text)
    for index in range(0, len(pieces), 2):
        piece = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", pieces[index])
        pieces[index] = re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", piece).strip("\n").replace("\n", "<br>")
    for index in range(1, len(pieces), 2):
        pieces[index] = f"<pre>{pieces[index]}</pre>"
    return "".join(pieces)


def photograph(browser: str, name: str, page: str, width: int, height: int) -> None:
    """Write docs/images/NAME.png."""
    (PAGES / f"{name}.html").write_text(page, encoding="utf-8")
    size, waits = f"--window-size={width},{height}", "--virtual-time-budget=10000"
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1")
    target = f"--screenshot={IMAGES / name}.png"
    subprocess.run([browser, *quiet, size, waits, target, (PAGES / f"{name}.html").as_uri()], check=True)


def main(browser: str) -> None:
    """Take all pictures."""
    PAGES.mkdir(parents=True, exist_ok=True)
    summary, _ = played(INCIDENTS["smoke-tests"], PAGES / "smoke-tests")
    for theme in THEMES:
        photograph(browser, f"rolled-back-{theme}", summary_page(summary, theme), 860, 900)
    _, messages = played(INCIDENTS["first-deployment"], PAGES / "first-deployment", by_bot=True)
    photograph(browser, "partial-slack", slack_page(messages), 620, 900)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium") or "chromium")
