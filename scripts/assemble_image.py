"""Make the installed product small and quick to start; runs in the Dockerfile's build stage.

    python assemble_image.py /product

`/product` is the root of what the image adds to its base, the code in `/product/opt/rollback`. What no rollback can
use is removed, what is left is compiled, and the bytecode of those parts of the standard library that the product
imports is put beside it: the official Python images come without any, so that each start would compile them anew.
"""

from __future__ import annotations

import compileall
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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Every AWS service that the product calls: of botocore's service models, only these are in the image.
SERVICES = ("amplify", "cloudformation", "cloudwatch", "cognito-idp", "dynamodb", "ecr", "s3", "sts")

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
    prune(product)
    sys.path.insert(0, str(product))
    sys.dont_write_bytecode = True
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
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)
    endpoints_file = data / "endpoints.json"
    endpoints = json.loads(endpoints_file.read_text(encoding="utf-8"))
    for partition in endpoints["partitions"]:
        partition["services"] = {name: s for name, s in partition["services"].items() if name in ENDPOINT_PREFIXES}
    endpoints_file.write_text(json.dumps(endpoints, separators=(",", ":")), encoding="utf-8")


# The names that endpoints.json knows the services by; CloudWatch is still called by its first name there.
ENDPOINT_PREFIXES = {*SERVICES, "monitoring"}


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
        for operation in ("get_caller_identity", "list_apps", "list_buckets", "describe_stacks"):
            if hasattr(client, operation):
                with suppress(connection_error):  # port 1 is closed: all up to the connection has been imported
                    getattr(client, operation)()


def used_standard_library() -> Iterator[Path]:
    """Yield the source files of the standard library that are imported by now."""
    library = Path(sysconfig.get_path("stdlib"))
    for module in list(sys.modules.values()):
        source = Path(getattr(module, "__file__", None) or "")
        if source.suffix == ".py" and library in source.parents and "-packages" not in str(source):
            yield source


if __name__ == "__main__":
    main(Path(sys.argv[1]))
