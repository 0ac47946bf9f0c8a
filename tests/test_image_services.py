"""The image carries botocore's data for `SERVICES` alone, and of their models only what the code calls."""

from __future__ import annotations

import ast
import gzip
import json
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore
import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from sandbox import ALL, Fault, Kind
from scripts.assemble_image import A_CALL, BOTOCORES_OWN, SERVICES, WHOLE, cut, cut_models, names_in
from tests.docs.test_iam import operations_in

if TYPE_CHECKING:
    from sandbox import Sandbox

ROLLBACK = Path(__file__).parent.parent / "rollback"
CLIENT_MAKERS = {"client", "resource"}


def services_called() -> set[str]:
    called: set[str] = set()
    for source in ROLLBACK.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLIENT_MAKERS:
                match node.args:
                    case [ast.Constant(value=str(service)), *_]:
                        called.add(service)
                    case _:
                        # One place may pass the name on: the door that makes every client.
                        assert source.name == "aws.py", f"{source}:{node.lineno} hides which service it calls"
    return called


def test_the_image_has_every_service_that_the_code_calls_and_no_other() -> None:
    # STS is called by botocore itself, to turn a web identity into credentials.
    assert services_called() | {"sts"} == set(SERVICES)


CUT = sorted(set(SERVICES) - set(WHOLE))


@cache
def models(service: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the service's model, whole and as the image has it."""
    folder = Path(botocore.__file__).parent / "data" / service
    newest = max(path for path in folder.iterdir() if path.is_dir())
    whole = json.loads(gzip.decompress((newest / "service-2.json.gz").read_bytes()))
    return whole, cut(whole, names_in(ROLLBACK.parent))


def calls() -> set[tuple[str, str]]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in ROLLBACK.rglob("*.py")]
    return {call for tree in trees for call in operations_in(tree)}


@pytest.mark.parametrize("service", CUT)
def test_a_cut_model_has_every_operation_that_the_code_calls_and_few_others(service: str) -> None:
    kept = set(models(service)[1]["operations"])
    called = {operation for name, operation in calls() if name == service}
    assert called
    assert called <= kept
    assert len(kept - called - BOTOCORES_OWN) <= 3, "a name of the product's may be that of another operation, too"


@pytest.mark.parametrize("service", CUT)
def test_every_shape_of_a_kept_operation_is_whole(service: str) -> None:
    whole, small = (ServiceModel(model, service) for model in models(service))
    for name in small.operation_names:
        for mine, theirs in (
            (small.operation_model(name).input_shape, whole.operation_model(name).input_shape),
            (small.operation_model(name).output_shape, whole.operation_model(name).output_shape),
        ):
            assert repr(walked(mine)) == repr(walked(theirs))


def walked(shape: Any, above: tuple[str, ...] = ()) -> Any:
    """Return a shape with all that it is made of, as plain data."""
    if shape is None or shape.name in above:
        return None
    inner = {name: walked(member, (*above, shape.name)) for name, member in getattr(shape, "members", {}).items()}
    for part in ("member", "key", "value"):
        if hasattr(shape, part):
            inner[part] = walked(getattr(shape, part), (*above, shape.name))
    return shape.type_name, {**shape.serialization}, inner


def test_clients_of_cut_models_speak_to_aws_and_understand_its_errors(
    sandbox: Sandbox, aws_environment: None, tmp_path: Path
) -> None:
    del aws_environment
    data, whole = tmp_path / "botocore" / "data", Path(botocore.__file__).parent / "data"
    (tmp_path / "rollback").symlink_to(ROLLBACK)
    for service in SERVICES:
        shutil.copytree(whole / service, data / service)
    for path in whole.glob("*.json*"):
        shutil.copy(path, data)
    cut_models(tmp_path)
    session = botocore.session.get_session()
    session.register_component("data_loader", Loader([str(data)], include_default_search_paths=False))

    def client(service: str) -> Any:
        return session.create_client(service, region_name="us-west-2", endpoint_url=sandbox.url)

    sandbox.services.create_bucket("shop")
    sandbox.services.put_object("shop", "key", "text")
    assert client("s3").get_object(Bucket="shop", Key="key")["Body"].read() == b"text"
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    for service, (operation, asked) in A_CALL.items():
        sandbox.faults.add(Fault("*", Kind.DENIED, ALL, service))
        with pytest.raises(ClientError):
            getattr(client(service), operation)(**asked)


def test_a_call_of_every_service_is_tried_when_the_image_is_built() -> None:
    assert set(A_CALL) == set(SERVICES)
