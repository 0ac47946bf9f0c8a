"""Transforms: AWS's own one for SAM, by `aws-sam-translator`, which is what CloudFormation itself runs; no network."""

from __future__ import annotations

import json
import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox.cloudformation.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.cloudformation.model import Parameter
    from sandbox.cloudformation.template import Json

SAM = "AWS::Serverless-2016-10-31"
# Macros of AWS that leave a template as it is here: their effects play no part in a rollback.
_PLAIN = {
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::CodeDeployBlueGreen",
}


def transforms(template: Json) -> list[str]:
    """Return the names of the transforms the template declares."""
    declared = template.get("Transform") or []
    return [
        str(item["Name"]) if isinstance(item, dict) else str(item)
        for item in ([declared] if not isinstance(declared, list) else declared)
    ]


def expand(template: Json, parameters: Mapping[str, Parameter] | None = None, region: str = "us-east-1") -> Json:
    """Return the processed template; the same object without a transform.

    `parameters` are the request's, without them the defaults count. Raises AwsError for an unknown transform, and for
    a template that SAM refuses.
    """
    names = transforms(template)
    if not names:
        return template
    for name in names:
        if name != SAM and name not in _PLAIN:
            raise invalid(f"No transform named {name} found.")
    if SAM not in names:
        return {key: value for key, value in template.items() if key != "Transform"}
    values = {key: item.value if item.resolved is None else item.resolved for key, item in (parameters or {}).items()}
    rest = [name for name in names if name != SAM]
    return _translated(json.dumps({**template, "Transform": [*rest, SAM]}), json.dumps(values, sort_keys=True), region)


@lru_cache(maxsize=64)
def _translated(text: str, values: str, region: str) -> Json:
    """Return what SAM makes of a template; nobody may change it, it is shared."""
    # Late: the imports cost a second, and most templates have no transform.
    import boto3  # noqa: PLC0415
    from samtranslator.internal.managed_policies import get_bundled_managed_policy_map  # noqa: PLC0415
    from samtranslator.model.exceptions import InvalidDocumentException  # noqa: PLC0415
    from samtranslator.parser.parser import Parser  # noqa: PLC0415
    from samtranslator.translator.translator import Translator  # noqa: PLC0415
    from samtranslator.utils.py27hash_fix import (  # noqa: PLC0415
        to_py27_compatible_template,
        undo_mark_unicode_str_in_template,
    )

    # It complains at the end of the process that nobody published its metrics.
    logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
    source, parameters = json.loads(text), json.loads(values)
    # CloudFormation's logical ids carry hashes that Python 2.7 made; the translator keeps to them.
    to_py27_compatible_template(source, parameters)
    translator = Translator(None, Parser(), boto_session=boto3.Session(region_name=region))
    try:
        made: dict[str, Any] = translator.translate(
            source,
            parameter_values=parameters,
            get_managed_policy_map=lambda: get_bundled_managed_policy_map("aws") or {},
        )
    except InvalidDocumentException as error:
        causes = " ".join(cause.message for cause in error.causes)
        raise invalid(f"Transform {SAM} failed with: {error.message} {causes}") from error
    processed: Json = undo_mark_unicode_str_in_template(made)
    return {key: value for key, value in processed.items() if key not in {"Transform", "Globals"}}
