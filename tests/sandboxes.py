"""A sandbox for many tests: to start what its processes are made of takes a second."""

from functools import cache

from projections.sandbox import Sandbox, SandboxLimits
from tests.patience import PATIENCE_S


@cache
def shared_sandbox() -> Sandbox:
    """One in which a statement may take all the time that a busy machine needs."""
    return Sandbox(SandboxLimits(seconds=PATIENCE_S))
