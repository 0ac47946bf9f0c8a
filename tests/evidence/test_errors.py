"""Which log lines are errors, and how they are counted: by values."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from rollback.evidence.errors import Logged, counted, is_error, message

BEGAN = datetime(2025, 12, 3, 10, 15, tzinfo=UTC)
REQUEST = "8c1f9b3e-4a86-4b7c-9f0e-1d2c3b4a5f60"

ERRORS = {
    "node": f'2025-12-03T10:15:00.123Z\t{REQUEST}\tERROR\tInvoke Error\t{{"errorType":"TypeError"}}',
    "node, console.error": f"2025-12-03T10:15:00.123Z\t{REQUEST}\tERROR\tno price for 4711",
    "python": "[ERROR] KeyError: 'price'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 7",
    "python, logging": f"[ERROR]\t2025-12-03T10:15:00.123Z\t{REQUEST}\tno price",
    "java": "java.lang.NullPointerException: no price\n\tat shop.Checkout.pay(Checkout.java:7)",
    "java's own": 'Exception in thread "main" java.lang.Error',
    "timeout": f"2025-12-03T10:15:03.000Z {REQUEST} Task timed out after 3.00 seconds",
    "killed": f"RequestId: {REQUEST} Error: Runtime exited with error: signal: killed",
    "import": "Runtime.ImportModuleError: Error: Cannot find module 'index'",
    "report": f"REPORT RequestId: {REQUEST}\tDuration: 3000.00 ms\tStatus: timeout",
    "json, by level": json.dumps({"level": "ERROR", "message": "no price"}),
    "json, powertools": json.dumps({"level": "error", "message": {"errorType": "KeyError", "errorMessage": "price"}}),
    "json, by type": json.dumps({"errorType": "KeyError", "errorMessage": "'price'"}),
    "json, platform": json.dumps({"type": "platform.report", "record": {"status": "timeout"}}),
}
OTHERS = {
    "start": f"START RequestId: {REQUEST} Version: $LATEST",
    "report": f"REPORT RequestId: {REQUEST}\tDuration: 3.00 ms\tBilled Duration: 4 ms",
    "info": f"2025-12-03T10:15:00.123Z\t{REQUEST}\tINFO\tNo ERROR so far",
    "said": "handling the case of an Exception that nobody threw",
    "json": json.dumps({"level": "INFO", "message": "ERROR is only a word"}),
    "platform": json.dumps({"type": "platform.report", "record": {"status": "success"}}),
    "broken json": '{"level": "INFO", "message": "ERR',
    "empty": "",
}


@pytest.mark.parametrize("form", list(ERRORS))
def test_each_form_in_which_a_runtime_says_error_is_one(form: str) -> None:
    assert is_error(ERRORS[form])


@pytest.mark.parametrize("form", list(OTHERS))
def test_a_line_that_only_speaks_of_errors_is_none(form: str) -> None:
    assert not is_error(OTHERS[form])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ERRORS["node, console.error"], "ERROR no price for …"),
        (ERRORS["timeout"], "Task timed out after … seconds"),
        (ERRORS["json, by type"], "KeyError: 'price'"),
        (ERRORS["json, powertools"], "KeyError: price"),
        (ERRORS["java"], "java.lang.NullPointerException: no price"),
        ("[ERROR] order 0af3b2c19d was not found", "[ERROR] order … was not found"),
        (f"[ERROR] {REQUEST} failed at 10.15", "[ERROR] … failed at …"),
    ],
)
def test_numbers_and_ids_are_taken_out_of_a_message(text: str, told: str) -> None:
    assert message(text) == told


def line(text: str, after: float = 0, function: str = "Api") -> Logged:
    return Logged(function, f"/aws/lambda/shop-{function}", BEGAN + timedelta(seconds=after), text)


def test_what_differs_in_numbers_alone_is_one_error_with_its_first_and_last_time() -> None:
    lines = [line("[ERROR] no price for 2", 9), line("[ERROR] no price for 1", 3), line("[INFO] fine", 1)]
    (found,) = counted(lines, "us-west-2")
    assert (found.function, found.message, found.count) == ("Api", "[ERROR] no price for …", 2)
    assert (found.first, found.last) == (BEGAN + timedelta(seconds=3), BEGAN + timedelta(seconds=9))
    assert found.link.endswith("#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fshop-Api")


def test_the_five_most_frequent_are_told_the_most_frequent_first() -> None:
    words = ("one", "two", "three", "four", "five", "six")
    lines = [line(f"[ERROR] {word}") for times, word in enumerate(words, 1) for _ in range(times)]
    assert [found.count for found in counted(lines, "us-west-2")] == [6, 5, 4, 3, 2]


def test_the_same_words_of_two_functions_are_two_errors() -> None:
    lines = [line("[ERROR] no price", function=name) for name in ("Api", "Mailer")]
    assert [found.function for found in counted(lines, "us-west-2")] == ["Api", "Mailer"]
