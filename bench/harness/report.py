"""The rows of the result: as a table for people, as Markdown for the manual, as JSON for everything else."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

VERDICTS = {True: "met", False: "NOT met", None: "-"}


@dataclass(frozen=True)
class Target:
    """`at least 1.0` or `at most 3 ms`."""

    bound: str
    value: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.bound} {_number(self.value)}{self._suffix()}"

    def format(self, value: float) -> str:
        return f"{_number(value)}{self._suffix()}"

    def holds(self, value: float) -> bool:
        return value >= self.value if self.bound == "at least" else value <= self.value

    def _suffix(self) -> str:
        return f" {self.unit}" if self.unit else ""


def at_least(value: float, unit: str = "") -> Target:
    return Target("at least", value, unit)


def at_most(value: float, unit: str = "") -> Target:
    return Target("at most", value, unit)


@dataclass
class Row:
    """One measured figure: a value for each round, judged by their median."""

    measured: str
    target: Target
    rounds: list[float] = field(default_factory=list)
    detail: str = ""  # what stands behind a ratio
    judged: bool = True

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def met(self) -> bool | None:
        return self.target.holds(self.median) if self.judged else None

    def cells(self) -> list[str]:
        spread = f"{_number(min(self.rounds))} - {_number(max(self.rounds))}"
        return [
            self.measured,
            str(self.target),
            self.target.format(self.median),
            spread,
            self.detail,
            VERDICTS[self.met],
        ]

    def to_json(self) -> dict[str, Any]:
        return {
            "measured": self.measured,
            "bound": self.target.bound,
            "target": self.target.value,
            "unit": self.target.unit,
            "rounds": self.rounds,
            "median": self.median,
            "min": min(self.rounds),
            "max": max(self.rounds),
            "detail": self.detail,
            "met": self.met,
        }


HEADINGS = ["measured", "target", "result", "min - max", "details", "verdict"]


def format_table(rows: list[Row], machine: dict[str, str], notes: list[str]) -> str:
    about = [f"{name}: {value}" for name, value in machine.items()]
    return "\n".join([*about, "", *_aligned(rows), *_with_title(notes)])


def format_markdown(rows: list[Row], machine: dict[str, str], notes: list[str]) -> str:
    lines = [_markdown_row(HEADINGS), _markdown_row(["---"] * len(HEADINGS))]
    lines += [_markdown_row(row.cells()) for row in rows]
    lines += ["", "Measured on: " + "; ".join(f"{name} {value}" for name, value in machine.items()) + "."]
    if notes:
        lines += ["", *(f"- {note}" for note in notes)]
    return "\n".join(lines)


def _aligned(rows: list[Row]) -> list[str]:
    table = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip() for cells in table]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _with_title(notes: list[str]) -> list[str]:
    return ["", "notes:", *(f"  {note}" for note in notes)] if notes else []


def _markdown_row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e6 and value >= 10:
        return f"{value:.0f}"
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def median_of(samples: list[dict[str, Any]], value: Callable[[dict[str, Any]], float]) -> float:
    return statistics.median(value(sample) for sample in samples)
