"""Block Kit's limits, as Slack's reference states them: what it would answer `invalid_blocks` to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BLOCKS = 50
_MOST_FIELDS = 10
_MOST_CONTEXT = 10
_MOST_ACTIONS = 25
_ALLOWED = {
    "header": {"text"},
    "section": {"text", "fields", "accessory", "expand"},
    "divider": set[str](),
    "context": {"elements"},
    "actions": {"elements"},
    "image": {"image_url", "alt_text", "title", "slack_file"},
    "rich_text": {"elements"},
    "markdown": {"text"},
}


def problems(blocks: object) -> list[str]:
    """Return why Slack would refuse these blocks; empty if it would take them."""
    if not isinstance(blocks, list):
        return ["must be an array [json-pointer:/blocks]"]
    found = [] if len(blocks) <= _MOST_BLOCKS else [f"no more than {_MOST_BLOCKS} items allowed [json-pointer:/blocks]"]
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(ids) != len(set(ids)):
        found.append("block_id must be unique [json-pointer:/blocks]")
    for index, block in enumerate(blocks):
        found += [f"{text} [json-pointer:/blocks/{index}]" for text in _block(block)]
    return found


def _block(block: object) -> Iterator[str]:
    if not isinstance(block, dict) or block.get("type") not in _ALLOWED:
        yield "unsupported type"
        return
    kind = block["type"]
    if extra := set(block) - _ALLOWED[kind] - {"type", "block_id"}:
        yield f"invalid additional property: {', '.join(sorted(extra))}"
    yield from _length("block_id", block.get("block_id", "-"), 255)
    match kind:
        case "header":
            yield from _text(block.get("text"), 150, plain_only=True)
        case "section":
            yield from _section(block)
        case "context":
            yield from _context(block)
        case "actions":
            yield from _actions(block)
        case "markdown":
            yield from _length("text", block.get("text", ""), 12_000)
        case _:
            pass


def _context(block: dict[str, Any]) -> Iterator[str]:
    yield from _elements(block, _MOST_CONTEXT)
    for element in block.get("elements") or []:
        if element.get("type") != "image":
            yield from _text(element, 3000)


def _actions(block: dict[str, Any]) -> Iterator[str]:
    yield from _elements(block, _MOST_ACTIONS)
    for element in block.get("elements") or []:
        yield from _button(element)


def _section(block: dict[str, Any]) -> Iterator[str]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield "missing required field: text"
    if "text" in block:
        yield from _text(block["text"], 3000)
    if fields is not None:
        if not isinstance(fields, list) or not 1 <= len(fields) <= _MOST_FIELDS:
            yield f"fields must have 1 to {_MOST_FIELDS} items"
            return
        for item in fields:
            yield from _text(item, 2000)
    if "accessory" in block and block["accessory"].get("type") == "button":
        yield from _button(block["accessory"])


def _elements(block: dict[str, Any], most: int) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= most:
        yield f"elements must have 1 to {most} items"
        return
    ids = [element["action_id"] for element in elements if "action_id" in element]
    if len(ids) != len(set(ids)):
        yield "action_id must be unique"


def _button(element: dict[str, Any]) -> Iterator[str]:
    if element.get("type") != "button":
        yield "only buttons are known here"
        return
    yield from _text(element.get("text"), 75, plain_only=True)
    if "url" in element:
        yield from _length("url", element["url"], 3000)
    if element.get("style", "primary") not in {"primary", "danger"}:
        yield "style must be primary or danger"


def _text(value: object, most: int, *, plain_only: bool = False) -> Iterator[str]:
    allowed = {"plain_text": {"emoji"}, "mrkdwn": {"verbatim"}}
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(value, dict) or kind not in allowed or (plain_only and kind != "plain_text"):
        yield "text must be a plain_text object" if plain_only else "text must be a text object"
        return
    if extra := set(value) - {"type", "text"} - allowed[kind]:
        yield f"invalid additional property: {', '.join(sorted(extra))}"
    yield from _length("text", value.get("text", ""), most)


def _length(name: str, value: object, most: int) -> Iterator[str]:
    if not isinstance(value, str) or not value:
        yield f"{name} must be a string of more than 0 characters"
    elif len(value) > most:
        yield f"{name} must be less than {most + 1} characters"
