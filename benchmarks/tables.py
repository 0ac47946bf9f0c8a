"""Markdown tables, and a chart of growth curves as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT, _MARGIN = 230, 170, 34
_COLOURS = {"calls": "#1f77b4", "CPU": "#d62728", "memory": "#2ca02c"}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are aligned right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def number(value: float, unit: str = "") -> str:
    """Return a figure with as many digits as it deserves."""
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2  # noqa: PLR2004
    return f"{value:,.{digits}f}{unit}"


@dataclass(frozen=True)
class Curve:
    """How calls, processor time and memory grow with the size of one thing."""

    title: str
    sizes: tuple[int, ...]
    lines: dict[str, tuple[float, ...]]


def chart(curves: Sequence[Curve]) -> str:
    """Return small panels, one a curve: both axes logarithmic, each figure as a multiple of its own first value."""
    width = _WIDTH * len(curves)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT + 24}" '
            f'viewBox="0 0 {width} {_HEIGHT + 24}" font-family="sans-serif" font-size="10">'
        ),
        f'<rect width="{width}" height="{_HEIGHT + 24}" fill="#ffffff"/>',
    ]
    for place, curve in enumerate(curves):
        parts += _panel(curve, place * _WIDTH)
    for place, (name, colour) in enumerate(_COLOURS.items()):
        at = _MARGIN + place * 70
        parts.append(f'<text x="{at}" y="{_HEIGHT + 16}" fill="{colour}">— {name}</text>')
    parts.append("</svg>\n")
    return "\n".join(parts)


def _panel(curve: Curve, left: float) -> list[str]:
    highest = max(10.0, *(value / line[0] for line in curve.lines.values() for value in line))
    span = math.log10(curve.sizes[-1] / curve.sizes[0])
    inner_width, inner_height = _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN

    def x(size: float) -> float:
        return left + _MARGIN + math.log10(size / curve.sizes[0]) / span * inner_width

    def y(times: float) -> float:
        return _HEIGHT - _MARGIN - math.log10(max(times, 0.8)) / math.log10(highest) * inner_height

    parts = [f'<text x="{left + _MARGIN}" y="16" font-weight="bold" fill="#222">{escape(curve.title)}</text>']
    parts += [
        f'<path d="M{left + _MARGIN} {y(times):.1f}h{inner_width}" stroke="#ddd"/>'
        f'<text x="{left + _MARGIN - 4}" y="{y(times) + 3:.1f}" text-anchor="end" fill="#666">{times}</text>'
        for times in (1, 10, 100, 1000)
        if times <= highest
    ]
    parts += [
        f'<text x="{x(size):.1f}" y="{_HEIGHT - _MARGIN + 14}" text-anchor="middle" fill="#666">{size:,}</text>'
        for size in (curve.sizes[0], curve.sizes[-1])
    ]
    for name, line in curve.lines.items():
        points = " ".join(
            f"{x(size):.1f},{y(value / line[0]):.1f}" for size, value in zip(curve.sizes, line, strict=True)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{_COLOURS[name]}" stroke-width="2"/>')
    return parts
