"""All witnesses, by the folder that has their pins and their play."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.witnesses.awscli import play as awscli

if TYPE_CHECKING:
    from tests.witnesses.witness import Witness

WITNESSES: dict[str, Witness] = {
    "awscli": awscli.WITNESS,
}
