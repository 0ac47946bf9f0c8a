"""The door to ECR: which of the images that a template names are gone. It only looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import Denied, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollback.stack.artifacts import Image

_MISSING = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})


class Images:
    """Images in ECR, in whichever region the template names."""

    def __init__(self, aws: Aws) -> None:
        self._by_region = {aws.region: aws}

    def missing(self, images: Iterable[Image]) -> tuple[str, ...]:
        """Return those that are certainly gone, as people are told of them. Raises AwsTrouble.

        One that may not be looked at counts as there: the service that pulls it has a role of its own.
        """
        return tuple(str(image) for image in images if not self._exists(image))

    def _exists(self, image: Image) -> bool:
        aws = self._by_region.setdefault(image.region, Aws(image.region))
        one = {"imageDigest": image.digest} if image.digest else {"imageTag": image.tag}
        try:
            with speaking_to_aws("ecr", "DescribeImages"):
                answer = aws.client("ecr").describe_images(
                    registryId=image.account, repositoryName=image.repository, imageIds=[one]
                )
                return bool(answer["imageDetails"])
        except Rejected as rejection:
            return rejection.code not in _MISSING
        except Denied:
            return True
