"""All witnesses, by the folder that has their pins and their play."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.witnesses.act import play as act
from tests.witnesses.awscli import play as awscli
from tests.witnesses.cdk import play as cdk
from tests.witnesses.ministack import play as ministack
from tests.witnesses.moto import play as moto
from tests.witnesses.osls import play as osls
from tests.witnesses.sam import play as sam

if TYPE_CHECKING:
    from tests.witnesses.witness import Witness

WITNESSES: dict[str, Witness] = {
    "awscli": awscli.WITNESS,
    "sam": sam.WITNESS,
    "cdk": cdk.WITNESS,
    "osls": osls.WITNESS,
    "ministack": ministack.WITNESS,
    "moto": moto.WITNESS,
    "act": act.WITNESS,
}
