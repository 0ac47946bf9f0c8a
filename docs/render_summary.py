# ruff: noqa: INP001 - a script beside the documents, no part of the product
"""Render the summary and the Slack message of each sample report as web pages, to be looked at in a browser.

    npm install --prefix PAGES github-markdown-css mermaid
    .venv/bin/python -m docs.render_summary PAGES

The samples are those of tests/report/incidents.py. The pictures in docs/images were taken of these pages.
"""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from rollback.report.summary import summary
from rollback.slack.message import Message, final_message, start_message, thread_details
from tests.report.incidents import ALL

if TYPE_CHECKING:
    from rollback.report.model import Report

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

TRIGGER = "The infrastructure was deployed and the smoke tests did not succeed (smoke-tests: failure)."
"""What a run's reason is when it begins."""


def summary_page(report: Report, theme: str) -> str:
    """Return the summary as GitHub shows it."""
    ground, mermaid = THEMES[theme]
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(summary(report))
    body = re.sub(r'(?s)<pre><code class="language-mermaid">(.*?)</code></pre>', r'<pre class="mermaid">\1</pre>', body)
    return PAGE.format(body=body, theme=theme, ground=ground, mermaid=mermaid)


def slack_page(report: Report) -> str:
    """Return the message at the start, the final one and its thread, much as Slack shows them."""
    final, details = message_html(final_message(report, ["here"])), message_html(thread_details(report))
    start = message_html(start_message(report.model_copy(update={"reason": TRIGGER}), ["here"]))
    return SLACK_PAGE.format(body=f'{start}<hr>{final}<div class="thread">{details}</div>')


def message_html(message: Message) -> str:
    """Return the message's blocks as HTML."""
    shown = []
    for block in message.blocks:
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
    pieces = re.split(r"(?s)```\n?(.*?)\n?```\n?", text)
    for index in range(0, len(pieces), 2):
        piece = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", pieces[index])
        pieces[index] = re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", piece).strip("\n").replace("\n", "<br>")
    for index in range(1, len(pieces), 2):
        pieces[index] = f"<pre>{pieces[index]}</pre>"
    return "".join(pieces)


def main(folder: Path) -> None:
    """Write all pages into the folder."""
    for name, report in ALL.items():
        for theme in THEMES:
            (folder / f"{name}-{theme}.html").write_text(summary_page(report, theme), encoding="utf-8")
        (folder / f"{name}-slack.html").write_text(slack_page(report), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
