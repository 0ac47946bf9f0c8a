"""CloudFormation with an honest lifecycle: what moto lacks, in the API's own shapes. See service.py for the way in."""

from sandbox.cloudformation.model import STATUSES, Loss, Stack
from sandbox.cloudformation.service import Caller, CloudFormation

__all__ = ["STATUSES", "Caller", "CloudFormation", "Loss", "Stack"]
