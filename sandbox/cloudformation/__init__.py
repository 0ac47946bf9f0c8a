"""CloudFormation with an honest lifecycle: what moto lacks, in the API's own shapes. See service.py for the way in."""

from sandbox.backend import Caller
from sandbox.cloudformation.model import STATUSES, Loss, Stack, Validation
from sandbox.cloudformation.outside import Outside
from sandbox.cloudformation.service import CloudFormation

__all__ = ["STATUSES", "Caller", "CloudFormation", "Loss", "Outside", "Stack", "Validation"]
