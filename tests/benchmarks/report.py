"""How figures are shown and kept: a table for people, a JSON line for later."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.harness import Bench, Ratio

ROOT = Path(__file__).resolve().parents[2]


def machine() -> dict[str, str | int]:
    """What the figures were measured on. No name of the machine, no paths."""
    return {
        "cpu": processor(),
        "cores": os.cpu_count() or 0,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def commit() -> str:
    """The commit that was measured, with a plus sign if the tree differed from it; empty outside git."""
    described = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(described, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def as_time(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def as_bar(ratio: Ratio) -> str:
    bars = [f"≤ {ratio.at_most:g}"] if ratio.at_most is not None else []
    bars += [f"≥ {ratio.at_least:g}"] if ratio.at_least is not None else []
    return f"{' and '.join(bars)}  {'met' if ratio.is_met else 'MISSED'}" if bars else ""


def show(bench: Bench, question: str, console: Console) -> None:
    sizes = ", ".join(f"{name} {value:,}" for name, value in bench.sizes.items())
    table = Table(title=f"{bench.name}: {question}", caption=sizes or None, title_justify="left")
    for heading in ("what", "median", "per second", "spread", "bar"):
        table.add_column(heading, justify="left" if heading in ("what", "bar") else "right")
    for one in bench.measurements:
        table.add_row(one.label, as_time(one.median), f"{one.rate:,.4g}", f"{one.spread:.0%}", "")
    for ratio in bench.ratios:
        table.add_row(ratio.label, f"{ratio.value:.3g} ×", "", "", as_bar(ratio), style="bold")
    console.print(table)
    for note in bench.notes:
        console.print(f"  {note}", highlight=False)
    console.print()


def keep(bench: Bench, database: str, results: Path) -> None:
    """Append one JSON line. Lines are never rewritten: the history is the point."""
    results.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "database": database,
    }
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**about, **bench.as_json()}, ensure_ascii=False) + "\n")
