"""Make the installed product small and quick to start; runs in the Dockerfile's build stage.

    python assemble_image.py /product

`/product` is the root of what the image adds to its base, the code in `/product/opt/rollback`. What no rollback can
use is removed, what is left is compiled, and the bytecode of those parts of the standard library that the product
imports is put beside it: the official Python images come without any, so that each start would compile them anew.
"""

from __future__ import annotations

import ast
import compileall
import gzip
import importlib
import json
import os
import pkgutil
import py_compile
import shutil
import sys
import sysconfig
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

# Every AWS service that the product calls: of botocore's service models, only these are in the image.
SERVICES = (
    *("amplify", "cloudformation", "cloudwatch", "cognito-idp", "dynamodb", "ecr", "efs", "lambda", "logs"),
    *("opensearch", "rds", "s3", "sts"),
)

# What botocore calls by itself: it finds a bucket's region, opens a session of S3 Express, and gets credentials.
BOTOCORES_OWN = {"HeadBucket", "CreateSession"}
WHOLE = ("sts",)

# What the packages bring for other uses than ours, relative to the product's folder.
UNUSED = (
    "bin",
    "**/py.typed",
    "**/*.pyi",
    "boto3/data/*",
    "boto3/examples",
    "botocore/data/*/*/examples-1.json",
    "pydantic/mypy.py",
    "pydantic/v1",
    "slack",
    "slack_sdk/audit_logs",
    "slack_sdk/oauth",
    "slack_sdk/rtm",
    "slack_sdk/rtm_v2",
    "slack_sdk/scim",
    "slack_sdk/socket_mode",
    "slack_sdk/**/async_*",
    "slack_sdk/**/legacy_*",
)


def main(root: Path) -> None:
    """Prune, try and compile the product below `root`."""
    product = root / "opt" / "rollback"
    sys.path.insert(0, str(product))
    sys.dont_write_bytecode = True
    prune(product)
    exercise()
    if not compileall.compile_dir(
        product, quiet=1, stripdir=str(root), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    ):
        sys.exit("a module of the product does not compile")
    for source in sorted(used_standard_library()):
        py_compile.compile(
            str(source),
            cfile=str(root / Path(cache_from_source(str(source))).relative_to("/")),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


def prune(product: Path) -> None:
    """Remove what no rollback uses, and the service models and endpoints of all other AWS services."""
    for pattern in UNUSED:
        for path in list(product.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    data = product / "botocore" / "data"
    for path in data.iterdir():
        if path.is_dir():
            outdated = sorted(version for version in path.iterdir() if version.is_dir())[:-1]
            for unused in [path] if path.name not in SERVICES else outdated:
                shutil.rmtree(unused)
    cut_models(product)
    endpoints_file = data / "endpoints.json"
    endpoints = json.loads(endpoints_file.read_text(encoding="utf-8"))
    for partition in endpoints["partitions"]:
        partition["services"] = {name: s for name, s in partition["services"].items() if name in ENDPOINT_PREFIXES}
    endpoints_file.write_text(json.dumps(endpoints, separators=(",", ":")), encoding="utf-8")


# The names that endpoints.json knows the services by; CloudWatch is still called by its first name there.
ENDPOINT_PREFIXES = {*SERVICES, "monitoring", "elasticfilesystem", "es"}


def names_in(product: Path) -> set[str]:
    """Return every name and text in the product's own code: an operation is named where it is called."""
    found: set[str] = set()
    for source in (product / "rollback").rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def cut(model: dict[str, Any], named: Container[str]) -> dict[str, Any]:
    """Return a service's model with the operations that are named, the shapes that these need, and no documentation."""
    snake_case = importlib.import_module("botocore").xform_name
    operations = {
        name: entry
        for name, entry in model["operations"].items()
        if name in BOTOCORES_OWN or name in named or snake_case(name) in named
    }
    needed: dict[str, Any] = {}
    waiting = [entry[way]["shape"] for entry in operations.values() for way in ("input", "output") if way in entry]
    waiting += [error["shape"] for entry in operations.values() for error in entry.get("errors", [])]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = model["shapes"][name]
            waiting += [inner["shape"] for inner in _members(needed[name])]
    small: dict[str, Any] = _without_documentation({**model, "operations": operations, "shapes": needed})
    return small


def _members(shape: dict[str, Any]) -> list[dict[str, Any]]:
    return [*shape.get("members", {}).values(), *(shape[key] for key in ("member", "key", "value") if key in shape)]


def _without_documentation(part: Any) -> Any:
    """Return the part with empty documentation: botocore wants it to be there."""
    if isinstance(part, dict):
        return {
            name: "" if name == "documentation" and isinstance(inner, str) else _without_documentation(inner)
            for name, inner in part.items()
        }
    return [_without_documentation(inner) for inner in part] if isinstance(part, list) else part


def cut_models(product: Path) -> None:
    """Cut each service's model down to what the product calls."""
    named = names_in(product)
    for path in (product / "botocore" / "data").glob("*/*/service-2.json.gz"):
        if path.parts[-3] not in WHOLE:
            model = cut(json.loads(gzip.decompress(path.read_bytes())), named)
            text = json.dumps(model, separators=(",", ":"), ensure_ascii=False)
            path.write_bytes(gzip.compress(text.encode(), mtime=0))
            # These add members to operations that are gone: half a shape, over which botocore falls.
            (path.parent / "service-2.sdk-extras.json").unlink(missing_ok=True)


def exercise() -> None:
    """Import all that a run imports, lazily loaded parts included: a module that was pruned wrongly fails the build."""
    rollback = importlib.import_module("rollback")
    for module in pkgutil.walk_packages(rollback.__path__, "rollback."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ("slack_sdk", "slack_sdk.http_retry.builtin_handlers", "slack_sdk.web", "slack_sdk.webhook"):
        importlib.import_module(name)
    os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_DEFAULT_REGION="us-east-1")
    boto3 = importlib.import_module("boto3")
    config = importlib.import_module("botocore.config").Config(retries={"total_max_attempts": 1})
    connection_error = importlib.import_module("botocore.exceptions").EndpointConnectionError
    for service in SERVICES:
        client = boto3.client(service, endpoint_url="http://127.0.0.1:1", config=config)
        operation, asked = A_CALL[service]
        with suppress(connection_error):  # port 1 is closed: all up to the connection has been imported
            getattr(client, operation)(**asked)


# A call that the product makes, a service, with as little as its model lets through.
A_CALL: dict[str, tuple[str, dict[str, str]]] = {
    "amplify": ("list_apps", {}),
    "cloudformation": ("describe_stacks", {}),
    "cloudwatch": ("describe_alarms", {}),
    "cognito-idp": ("describe_user_pool", {"UserPoolId": "none_none"}),
    "dynamodb": ("describe_table", {"TableName": "none"}),
    "ecr": ("describe_images", {"repositoryName": "none"}),
    "efs": ("describe_backup_policy", {"FileSystemId": "none"}),
    "lambda": ("get_function_configuration", {"FunctionName": "none"}),
    "logs": ("filter_log_events", {"logGroupName": "none"}),
    "opensearch": ("describe_domain", {"DomainName": "none"}),
    "rds": ("describe_db_clusters", {}),
    "s3": ("head_object", {"Bucket": "none", "Key": "none"}),
    "sts": ("get_caller_identity", {}),
}


def used_standard_library() -> Iterator[Path]:
    """Yield the source files of the standard library that are imported by now."""
    library = Path(sysconfig.get_path("stdlib"))
    for module in list(sys.modules.values()):
        source = Path(getattr(module, "__file__", None) or "")
        if source.suffix == ".py" and library in source.parents and "-packages" not in str(source):
            yield source


if __name__ == "__main__":
    main(Path(sys.argv[1]))
