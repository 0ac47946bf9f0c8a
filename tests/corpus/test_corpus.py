"""Each pair of the corpus comes to what its head says, and whatever it comes to, nothing that was there is lost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.corpus.pairs import pairs
from tests.corpus.playing import play
from tests.reliability.counting import CORPUS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _pytest.mark.structures import ParameterSet

    from tests.corpus.pairs import Pair
    from tests.corpus.playing import Played

PAIRS = pairs()
LEAST = 40


def _with_its_defect(pair: Pair) -> ParameterSet:
    marks = [pytest.mark.xfail(strict=True, reason=pair.defect)] if pair.defect else []
    return pytest.param(pair, marks=marks, id=str(pair))


@pytest.mark.parametrize("pair", [_with_its_defect(pair) for pair in PAIRS])
def test_a_deployment_is_undone_or_refused_as_the_contract_says(
    pair: Pair, record_property: Callable[[str, object], None]
) -> None:
    played = play(pair)
    assert played.ended == pair.expect, played.log
    assert played.ready == pair.ready, played.log
    assert played.refuses == set(pair.refuses), played.stack["reason"]
    assert played.goes == {name.rpartition(".")[2] for name in pair.goes}
    assert played.told_of("is made anew") == set(pair.anew)
    assert played.told_of("it stays outside of the stack") == set(pair.stays)
    assert [text for text in pair.said if text not in played.log + played.outputs["report"]] == []
    assert not [*_lost(played), *(_untouched if pair.is_refused else _brought_back)(pair, played)], played.log
    record_property(CORPUS, played.ended)


def test_the_corpus_has_enough_of_each_family() -> None:
    families = Counter(pair.name.partition("/")[0] for pair in PAIRS)
    assert families.keys() == {"cdk", "data", "nested", "plain", "sam", "serverless"}
    assert families.total() >= LEAST


def _lost(played: Played) -> Iterator[str]:
    """Yield what the rollback, not the deployment, took away or left behind where nobody sees it."""
    good, bad, now = played.good, played.bad, played.now
    yield from (f"{name} existed and was deleted" for name in played.lost & set(good.physical_ids.values()))
    for name, held in good.held.items():
        if name in bad.held and now.held.get(name) != held:
            yield f"{name} held {held!r} and holds {now.held.get(name)!r}"
    yield from (f"change set {name} is left" for name in played.change_sets)
    yield from (f"{name} is in no stack, and nobody retained it" for name in now.strays)


def _brought_back(pair: Pair, played: Played) -> Iterator[str]:
    """Yield what is not as it was recorded."""
    good, bad, now = played.good, played.bad, played.now
    was, is_ = good.asked(pair.follow), now.asked(pair.follow)
    yield from (f"{name}: {is_.get(name)} was {was.get(name)}" for name in was | is_ if is_.get(name) != was.get(name))
    for name, physical_id in good.physical_ids.items():
        if bad.physical_ids.get(name) == physical_id != now.physical_ids.get(name):
            yield f"{name} is {now.physical_ids.get(name)}, and {physical_id} lived"
    if good.physical_ids == now.physical_ids and good.outputs != now.outputs:
        yield f"outputs: {now.outputs} were {good.outputs}"
    outside = {one.logical_id for name, one in now.outside.items() if name not in bad.outside}
    if outside != set(pair.stays):
        yield f"outside lives {outside}"


def _untouched(_pair: Pair, played: Played) -> Iterator[str]:
    """Yield what a refusal changed."""
    if played.executed or played.now != played.bad:
        yield "something was changed"
