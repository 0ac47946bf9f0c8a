"""Each pair of the corpus comes to what its head says, and whatever it comes to, nothing that was there is lost."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.corpus.pairs import Pair, pairs
from tests.corpus.playing import Played, play
from tests.reliability.counting import CORPUS

if TYPE_CHECKING:
    from collections.abc import Callable

PAIRS = pairs()


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_deployment_is_undone_or_refused_as_the_contract_says(
    pair: Pair, record_property: Callable[[str, object], None]
) -> None:
    played = play(pair)
    assert played.ended == pair.expect, played.log
    assert played.ready == pair.ready, played.log
    assert played.refuses == set(pair.refuses), played.stack["reason"]
    assert played.goes == {name.rpartition(".")[2] for name in pair.goes}
    assert played.told_of("is made anew") == set(pair.anew)
    assert played.told_of("retained by its own policy") == set(pair.stays)
    assert [text for text in pair.said if text not in played.log + str(played.stack)] == []
    assert not list(_lost(pair, played))
    record_property(CORPUS, pair.expect)


def _lost(pair: Pair, played: Played) -> list[str]:
    """Return what is wrong with AWS as the rollback left it."""
    good, bad, now = played.good, played.bad, played.now
    wrong = [f"a change set is left: {name}" for name in played.change_sets]
    wrong += [f"{name} is in no stack, and nobody retained it" for name in now.nowhere]
    there = {one.physical_id for one in good.things.values()}
    wrong += [f"{name} existed and was lost" for name in played.lost & there]
    wrong += [
        f"{name} held {held!r} and holds {now.living.get(name)!r}"
        for name, held in good.living.items()
        if name in bad.living and now.living.get(name) != held
    ]
    if pair.expect in {"restored", "already-good"}:
        if now.asked != good.asked:
            wrong.append(f"the estate is another: {now.asked} was {good.asked}")
        wrong += [
            f"{name} is {now.things[name].physical_id}, and {one.physical_id} lives"
            for name, one in good.things.items()
            if one == bad.things.get(name) and now.things.get(name) != one
        ]
        wrong += [f"{name} stays behind outside" for name in now.outside.keys() - {*bad.outside, *pair.stays}]
    if pair.expect != "restored" and (now != bad or played.executed):
        wrong.append("something was changed")
    return wrong
