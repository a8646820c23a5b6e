"""What is wrong with a file of the catalogue, in words that a service designer understands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: in which file, on which line where it can be told, and what."""

    file: str
    line: int | None
    words: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.words}"


class CatalogueFault(Exception):
    """The catalogue cannot be used as it is. `problems` says all that was found wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
