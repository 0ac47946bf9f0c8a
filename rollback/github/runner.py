"""The runner's protocol: workflow commands on stdout, and the files for outputs and summary. Nobody else writes those.

Source of the rules: the runner's ActionCommand parser and FileCommandManager, and GitHub's "Workflow commands" page.
The runner reads `::command::` at a line's start (white space before it counts as the start) and `##[command]` anywhere.
"""

from __future__ import annotations

import shutil
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rollback.engine.clock import Clock, SystemClock
from rollback.report.redactor import Redactor
from rollback.report.text import HIDDEN, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LINE_LIMIT = 2_000
ANNOTATION_LIMIT = 4_096
"""GitHub cuts an annotation's message here."""
ANNOTATIONS_PER_TYPE = 10
"""GitHub shows no more of one type from one step."""
SUMMARY_LIMIT = 1024 * 1024
"""A larger summary is dropped whole."""
_TITLE_LIMIT = 200
_LONGEST_LINE = 100_000
"""Characters: far more than is shown of any, so that no secret is cut where it would be seen."""
_MINUTE, _HOUR = 60, 3600

_CLEAR = "\r\x1b[2K"
"""Takes the live line away."""

_COLOURS = {"heading": "1", "error": "31", "warning": "33", "notice": "36", "time": "2"}


class Runner:
    """Speaks to GitHub's runner, or, where none is there, readably to a terminal.

    `environ` is the process environment, `stdout` where to print, `clock` gives the elapsed time of log lines.
    Nothing here raises for a missing file, a closed pipe or odd characters: a rollback goes on without its log.
    """

    def __init__(self, environ: Mapping[str, str], stdout: TextIO, clock: Clock | None = None) -> None:
        self.in_actions = environ.get("GITHUB_ACTIONS") == "true"
        self.redactor = Redactor()
        self._environ = environ
        self._stdout = stdout
        self._clock = clock or SystemClock()
        self._began = self._clock.monotonic()
        self._coloured = _wants_colours(environ, stdout)
        self.is_watched = _wants_colours(environ, stdout)
        self._live_line = False
        self._group_open = False
        self._annotated: dict[str, int] = {}
        self._held: dict[str, tuple[str, str]] = {}

    @property
    def elapsed(self) -> float:
        """Seconds since this runner was made."""
        return self._clock.monotonic() - self._began

    def mask(self, *secrets: str) -> None:
        """Hide these secrets from now on: in everything printed here, and by the runner in everything else.

        Secrets shorter than four characters are ignored; of one with several lines, each line is hidden.
        """
        new = self.redactor.learn(*secrets)
        if self.in_actions:
            for part in dict.fromkeys(new):
                self._print(f"::add-mask::{_escape_data(_printable(part))}")

    def line(self, text: str) -> None:
        """Print one log line with the elapsed time. Text from outside is harmless in it and stays on one line."""
        self._print(f"{self._colour('time', f'[{_elapsed(self.elapsed)}]')} {self._one_line(text, LINE_LIMIT)}")

    def live(self, text: str) -> None:
        """Show a line on the terminal that whatever is printed next replaces; nothing where nobody watches."""
        if not self.is_watched:
            return
        with suppress(OSError, ValueError):
            width = shutil.get_terminal_size().columns - 1
            self._write(f"{_CLEAR}{shorten(self._one_line(text, LINE_LIMIT), width)}")
            self._live_line = True

    def show(self, lines: Iterable[str]) -> None:
        """Print lines to a person's terminal as they are, without times; where GitHub's runner reads, print nothing."""
        if not self.in_actions:
            for line in lines:
                self._print(shorten(self._harmless(line).replace("\n", " "), LINE_LIMIT))

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold the lines printed meanwhile under a title; on a terminal, print it as a heading."""
        self.open_group(title)
        try:
            yield
        finally:
            self.close_group()

    def open_group(self, title: str) -> None:
        """Begin a group; one that is still open ends, as the runner knows no groups in groups."""
        self.close_group()
        title = self._one_line(title, _TITLE_LIMIT)
        if self.in_actions:
            self._print(f"::group::{_escape_data(title)}")
        else:
            self._print(f"\n{self._colour('heading', f'== {title} ==')}")
        self._group_open = True

    def close_group(self) -> None:
        """End the group that is open, if any."""
        if self._group_open and self.in_actions:
            self._print("::endgroup::")
        self._group_open = False

    def error(self, text: str, title: str = "") -> None:
        """Annotate the run with something that went wrong and that a person must act on."""
        self._annotate("error", text, title)

    def warning(self, text: str, title: str = "") -> None:
        """Annotate the run with something a person must know."""
        self._annotate("warning", text, title)

    def notice(self, text: str, title: str = "") -> None:
        """Annotate the run with something worth knowing."""
        self._annotate("notice", text, title)

    def close(self) -> None:
        """End the open group and print the last annotation of each type: it says how many more there were."""
        self.close_group()
        for level, (text, title) in self._held.items():
            more = self._annotated[level] - ANNOTATIONS_PER_TYPE
            note = f" (and {more} more: see the log and the summary)" if more else ""
            self._command(level, shorten(text, ANNOTATION_LIMIT - len(note)) + note, title)
        self._held = {}

    def outputs(self, values: Mapping[str, str]) -> None:
        """Write the step's outputs; where there is no runner and no file for them, do nothing.

        The values come from a redacted report and are written as they are, NULs and lone surrogates apart.
        """
        values = {name: _printable(value) for name, value in values.items()}
        path = self._environ.get("GITHUB_OUTPUT", "")
        if path or self.in_actions:
            self._append(path, "GITHUB_OUTPUT", "".join(_assignment(name, value) for name, value in values.items()))

    def show_outputs(self, values: Mapping[str, str]) -> None:
        """Print the outputs that have a value as a table; where GitHub's runner reads, print nothing."""
        if not self.in_actions:
            self._table({name: value for name, value in values.items() if value and "{" not in value[:1]})

    def summary(self, markdown: str) -> None:
        """Append to the step's summary; where there is no runner and no file for it, do nothing."""
        path = self._environ.get("GITHUB_STEP_SUMMARY", "")
        if path or self.in_actions:
            room = SUMMARY_LIMIT - _size(path)
            content = _printable(markdown).encode()[: max(room, 0)].decode(errors="ignore")
            self._append(path, "GITHUB_STEP_SUMMARY", content)

    def _annotate(self, level: str, text: str, title: str) -> None:
        text = shorten(self._harmless(text).strip(), ANNOTATION_LIMIT)
        title = self._one_line(title, _TITLE_LIMIT)
        if not self.in_actions:
            self._print(f"{self._colour(level, level)}: {title}{': ' if title else ''}{_indented(text)}")
            return
        count = self._annotated[level] = self._annotated.get(level, 0) + 1
        if count < ANNOTATIONS_PER_TYPE:
            self._command(level, text, title)
            return
        # The last one that GitHub shows has to say how many there were, which only the end knows. The log has all now.
        self._held.setdefault(level, (text, title))
        self.line(f"{level}: {title}{': ' if title else ''}{text}")

    def _command(self, level: str, text: str, title: str) -> None:
        properties = f" title={_escape_property(title)}" if title else ""
        self._print(f"::{level}{properties}::{_escape_data(text)}")

    def _table(self, values: Mapping[str, str]) -> None:
        width = max(map(len, values), default=0)
        self._print(f"\n{self._colour('heading', '== Outputs ==')}")
        for name, value in values.items():
            self._print(f"{name:<{width}}  {self._one_line(value, LINE_LIMIT)}")

    def _one_line(self, text: str, limit: int) -> str:
        shown = self._harmless(text).strip("\n").replace("\n", " ⏎ ").replace("\t", " ")
        return shorten(shown, limit)

    def _harmless(self, text: str) -> str:
        try:
            return self.redactor.thoroughly(text[:_LONGEST_LINE]).replace("##[", "# #[")
        except Exception:  # noqa: BLE001 - a text that can't be looked through is not shown, and no end of a rollback
            return HIDDEN

    def _colour(self, role: str, text: str) -> str:
        return f"\x1b[{_COLOURS[role]}m{text}\x1b[0m" if self._coloured else text

    def _append(self, path: str, variable: str, content: str) -> None:
        try:
            if not path:
                raise FileNotFoundError(f"{variable} is not set")
            with Path(path).open("a", encoding="utf-8", newline="\n") as file:
                file.write(content)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.warning(f"Nothing was written to the file that {variable} names: {reason}.")

    def _print(self, text: str) -> None:
        # Nobody may read the log any more (a closed pipe, a full disk): the rollback is worth more than its log.
        with suppress(OSError, ValueError):
            self._write(f"{_CLEAR if self._live_line else ''}{text}\n")
            self._live_line = False

    def _write(self, text: str) -> None:
        try:
            self._stdout.write(text)
        except UnicodeEncodeError:
            encoding = getattr(self._stdout, "encoding", None) or "ascii"
            self._stdout.write(text.encode(encoding, "replace").decode(encoding))
        self._stdout.flush()


def _wants_colours(environ: Mapping[str, str], stdout: TextIO) -> bool:
    """Return whether people look at a terminal that shows colours and did not ask for none (no-color.org)."""
    if environ.get("GITHUB_ACTIONS") == "true" or environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    try:
        return stdout.isatty()
    except (OSError, ValueError):
        return False


def _elapsed(seconds: float) -> str:
    whole = max(int(seconds), 0)
    if whole >= _HOUR:
        return f"{whole // _HOUR}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}"
    return f"{whole // _MINUTE:2}:{whole % _MINUTE:02}"


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _printable(text: str) -> str:
    """Return the text without what no UTF-8 file can hold (lone surrogates) or no reader expects (NUL)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _assignment(name: str, value: str) -> str:
    delimiter = f"end-{uuid.uuid4().hex}"
    while delimiter in value:
        delimiter = f"end-{uuid.uuid4().hex}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size if path else 0
    except (OSError, ValueError):
        return 0
