"""Text that tries to be more than text, and reports full of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from rollback.report.text import map_texts
from tests.report.incidents import ALL

if TYPE_CHECKING:
    from rollback.report.model import Report

ATTACKS = (
    "::error::forged",
    "  ::set-output name=outcome::rolled-back",
    "a\n::add-mask::outcome",
    "a\r::warning::b",
    "##[error]forged ##[add-mask]x",
    "#\x00#[error]x",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td></tr></table>\n\n# Heading\n\n![i](https://evil.example/i.png)",
    "\n\n# Rolled back\n\n[link](https://evil.example)",
    "</code></pre></details><h1>x</h1>",
    "```\n# out of the fence\n```",
    "````bash\n`````",
    "~~~\n</p>\n\n* a list",
    "@octocat and @acme/team fix #1, GH-2, acme/shop#3, www.evil.example",
    "https://evil.example/ javascript:alert(1)",
    "<javascript:alert(1)> <https://evil.example>",
    "<!channel> <!here> <@U12345> <!subteam^S1|x> <https://evil.example|click> @here @channel",
    "&lt;!channel&gt; &amp;",
    "end-0\noutcome=rolled-back",
    "outcome<<EOF\nrolled-back\nEOF",
    "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200b\ufeff",
    "lone \ud800 surrogate \udfff",
    "nul \0 byte",
    "-->\n]]>\n%%{init: {'securityLevel': 'loose'}}%%\nclick a call alert()",
    "section Evil\n  x :crit, 2000-01-01, 1s\n",
    "$$\\unsafe$$ $`x`$",
    "\u2028::error::line separator\x85::error::next line",
    "|" * 50,
    "`" * 40,
)

texts = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.lists(st.sampled_from(ATTACKS), max_size=4).map(" ".join),
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Any of the realistic reports, with every free text in it replaced by a hostile one."""
    report = draw(st.sampled_from(sorted(ALL))).strip()
    pool = draw(st.lists(texts, min_size=1, max_size=8))
    turn = iter(range(1_000_000))
    return map_texts(ALL[report], lambda _: pool[next(turn) % len(pool)])
