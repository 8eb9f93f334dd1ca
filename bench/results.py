"""What a run has found: rows, goals, and the three files they are written to (JSON, a table, a picture)."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "results"
OURS: Final = "bitting"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one contender: the median over rounds or batches, and how far they lie apart."""

    group: str
    name: str
    unit: str
    median: float
    low: float
    high: float
    less: str = ""  # what it does not do that the gate does
    beside: dict[str, float] = field(default_factory=dict)  # other figures of the same rounds

    @classmethod
    def of(
        cls,
        group: str,
        name: str,
        unit: str,
        figures: list[float],
        less: str = "",
        beside: dict[str, float] | None = None,
    ) -> Row:
        """From the figures of the rounds."""
        return cls(group, name, unit, statistics.median(figures), min(figures), max(figures), less, beside or {})


@dataclass(frozen=True, slots=True)
class Goal:
    """Something we set out to reach, and what was found. `got` None: not measured, and why."""

    what: str
    wanted: float
    got: float | None
    unit: str = ""
    at_least: bool = True
    why_not: str = ""

    @property
    def met(self) -> bool | None:
        """None when it was not measured."""
        return None if self.got is None else (self.got >= self.wanted if self.at_least else self.got <= self.wanted)

    def to_text(self) -> str:
        """One line of the table."""
        sign = "at least" if self.at_least else "at most"
        wanted = f"{sign} {self.wanted:,g}{self.unit}"
        if self.got is None:
            return f"| {self.what} | {wanted} | | not measured: {self.why_not} |"
        return f"| {self.what} | {wanted} | {_figure(self.got)}{self.unit} | {'met' if self.met else '**not met**'} |"


@dataclass(slots=True)
class Results:
    """A whole run."""

    command: str
    rows: list[Row] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    begun: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    machine: str = field(default_factory=lambda: machine())

    def median(self, group: str, name: str) -> float | None:
        """Of one row; None where it was not measured."""
        return next((each.median for each in self.rows if (each.group, each.name) == (group, name)), None)

    def ratio(self, what: str, wanted: float, group: str, name: str, peer: str) -> None:
        """Add the goal to be so many times a peer of the same rounds."""
        ours, theirs = self.median(group, name), self.median(group, peer)
        got = None if ours is None or not theirs else ours / theirs
        self.goals.append(Goal(what, wanted, got, " times", why_not=f"{peer} was left out"))

    def save(self) -> list[Path]:
        """Write the three files."""
        FOLDER.mkdir(exist_ok=True)
        stem = FOLDER / f"{self.begun[:10]}-{re.sub('[^a-z0-9]+', '-', self.machine.lower()).strip('-')}"
        contents = {
            ".json": json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n",
            ".md": self.to_text(),
            ".svg": self.to_picture(),
        }
        for suffix, text in contents.items():
            stem.with_suffix(suffix).write_text(text, "utf-8")
        return [stem.with_suffix(suffix) for suffix in contents]

    def groups(self) -> Iterable[tuple[str, list[Row]]]:
        """The rows of each group, in the order they were measured."""
        for group in dict.fromkeys(each.group for each in self.rows):
            yield group, [each for each in self.rows if each.group == group]

    def to_text(self) -> str:
        """The table, in Markdown."""
        lines = [
            f"# Benchmark of {self.begun[:10]}",
            "",
            f"`{self.command}` on {self.machine}, begun {self.begun}.",
            "",
        ]
        for group, rows in self.groups():
            ours = next((each.median for each in rows if each.name == OURS), None)
            beside = list(dict.fromkeys(name for each in rows for name in each.beside))
            against = "" if ours is None else " bitting is |"
            lines += [
                f"## {group}",
                "",
                f"| | {rows[0].unit} | lowest to highest |{against}{''.join(f' {b} |' for b in beside)}",
            ]
            lines += ["|---|" + "---:|" * (2 + (ours is not None) + len(beside))]
            for row in rows:
                line = f"| {row.name} | {_figure(row.median)} | {_figure(row.low)} to {_figure(row.high)} |"
                if ours is not None:
                    line += f" {ours / row.median:.2f} of it |" if row.name != OURS else " |"
                lines.append(line + "".join(f" {_figure(row.beside[b]) if b in row.beside else ''} |" for b in beside))
            less = [f"- {each.name}: {each.less}" for each in rows if each.less]
            lines += ["", *(["What they do less than bitting:", "", *less, ""] if less else [])]
        lines += [
            "## Goals",
            "",
            "| | goal | found | |",
            "|---|---|---:|---|",
            *(each.to_text() for each in self.goals),
            "",
        ]
        if self.left_out:
            lines += ["Left out:", "", *(f"- {each}" for each in self.left_out), ""]
        lines += ["Versions:", "", *(f"- {name}: {version}" for name, version in self.versions.items())]
        return "\n".join(lines) + "\n"

    def to_picture(self) -> str:
        """Bars, one panel a group, readable on white and on black."""
        width, left, bar, gap, parts, y = 900, 375, 16, 7, [], 16
        for group, rows in self.groups():
            parts.append(f'<text class="head" x="0" y="{y + 4}">{escape(group)}, {escape(rows[0].unit)}</text>')
            y += 16
            most = max(each.high for each in rows)
            for row in rows:
                middle = y + bar / 2
                scale = (width - left - 90) / most
                kind = "ours" if row.name.startswith(OURS) or (_is_ours(group) and not row.less) else "theirs"
                parts.append(
                    f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{escape(row.name)}</text>'
                    f'<rect class="{kind}" x="{left}" y="{y}" width="{row.median * scale:.1f}" height="{bar}"/>'
                    f'<path class="spread" d="M{left + row.low * scale:.1f} {middle}H{left + row.high * scale:.1f}"/>'
                    f'<text x="{left + row.high * scale + 6:.1f}" y="{y + 12}">{_figure(row.median)}</text>'
                )
                y += bar + gap
            y += 18
        style = (
            "text{font:12px system-ui,sans-serif;fill:#24292f}.head{font-weight:600}"
            ".ours{fill:#0969da}.theirs{fill:#afb8c1}.spread{stroke:#24292f;stroke-width:1.5}"
            "@media(prefers-color-scheme:dark){text{fill:#e6edf3}"
            ".ours{fill:#4493f8}.theirs{fill:#57606a}.spread{stroke:#e6edf3}}"
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" role="img">'
            f"<title>{escape(f'Benchmark of {self.begun[:10]} on {self.machine}')}</title><style>{style}</style>"
            + "\n".join(parts)
            + "</svg>\n"
        )


def _is_ours(group: str) -> bool:
    # In the first, each row is a dialect of ours, but for the libraries; in the others nobody else is.
    return group.startswith(("A verdict", "Written down", "Added to"))


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:,.1f}" if value >= 10 else f"{value:,.2f}"


def machine() -> str:
    """The processor's name and how many cores we may use."""
    told = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", told.read_text("utf-8")) if told.exists() else None
    return f"{found.group(1).strip() if found else platform.machine()}, {len(os.sched_getaffinity(0))} cores"


def version_of(command: tuple[str, ...]) -> str:
    """The first line a program says of its version."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().partition("\n")[0]
