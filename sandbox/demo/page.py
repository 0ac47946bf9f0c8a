"""The job summary as a page: rendered by a Markdown library, in a look close to GitHub's, for a person to open."""

from __future__ import annotations

from html import escape

from markdown_it import MarkdownIt

_STYLE = """
:root { color-scheme: light dark; --line: #d1d9e0; --soft: #f6f8fa; --text: #1f2328; --back: #fff; --link: #0969da }
@media (prefers-color-scheme: dark) {
  :root { --line: #3d444d; --soft: #151b23; --text: #f0f6fc; --back: #0d1117; --link: #4493f8 } }
body { font: 16px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: var(--text);
  background: var(--back); max-width: 960px; margin: 32px auto; padding: 0 16px; overflow-wrap: break-word }
a { color: var(--link) } h2, h3 { line-height: 1.25; border-bottom: 1px solid var(--line); padding-bottom: .3em }
table { border-collapse: collapse; display: block; overflow: auto; margin: 0 0 16px }
td, th { border: 1px solid var(--line); padding: 6px 13px; text-align: left; vertical-align: top }
tr:nth-child(2n) { background: var(--soft) }
code { background: var(--soft); border-radius: 6px; padding: .2em .4em; font-size: 85% }
pre { background: var(--soft); border-radius: 6px; padding: 16px; overflow: auto } pre code { padding: 0 }
"""


def page(markdown: str, title: str) -> str:
    """Return the summary as one HTML page that needs nothing else."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return f"<!doctype html><html><head>{head}<style>{_STYLE}</style></head><body>{body}</body></html>"
