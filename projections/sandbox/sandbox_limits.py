"""The limits of the sandbox."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SandboxLimits:
    """What a statement may take, None: any: `seconds` of computing, `memory_bytes`, and `answer_bytes` that it sends.

    `children` are how many statements are answered at once.
    """

    seconds: float | None = 3.0
    memory_bytes: int | None = 1024**3
    answer_bytes: int | None = 64 * 1024**2
    children: int = 2
