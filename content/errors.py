from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a writer has to mend, with the place where."""

    file: Path
    line: int
    message: str  # what is wrong and how to mend it, one sentence

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class ContentError(Exception):
    """The content cannot be used; `faults` names each file, line and mend."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults
