"""What a benchmark plugs into: it is registered by name and gets a `Bench`; out come a table and a JSON line.

    @benchmark("verdict page", "How much of a bare view's throughput the verdict page keeps")
    def verdict_page(bench: Bench) -> None:
        bench.size(packs=240)
        ours = bench.measure("verdict page", lambda: fetch(page), work=1)
        bare = bench.measure("bare view", lambda: fetch(bare_page), work=1)
        bench.ratio("verdict page / bare view", ours, bare, at_most=2.0)

Absolute figures move 10 to 20 % from run to run and more from machine to machine: quote ratios.
"""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measurement:
    """One thing measured several times: `seconds` of each repetition, and how much `work` one of them got done."""

    label: str
    seconds: tuple[float, ...]
    work: int

    @property
    def median(self) -> float:
        """Seconds for one unit of work."""
        return statistics.median(self.seconds) / self.work

    @property
    def spread(self) -> float:
        """(slowest - fastest) / median. Up to 0.1 is good; above 0.5 something else was running."""
        return (max(self.seconds) - min(self.seconds)) / statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Units of work in a second."""
        return 1 / self.median


@dataclass(frozen=True)
class Ratio:
    """One figure divided by another (times, unless the benchmark says otherwise), with the bar that it has to meet."""

    label: str
    value: float
    at_most: float | None
    at_least: float | None

    @property
    def is_met(self) -> bool:
        above = self.at_most is not None and self.value > self.at_most
        below = self.at_least is not None and self.value < self.at_least
        return not (above or below)


@dataclass
class Bench:
    """What a benchmark function is given. `folder` is empty and its own; so is the migrated database."""

    name: str
    folder: Path
    measurements: list[Measurement] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def measure(
        self,
        label: str,
        run: Callable[[], object],
        *,
        work: int = 1,
        repeat: int = 5,
        warm_up: int = 1,
        before: Callable[[], object] | None = None,
    ) -> Measurement:
        """Time `run` `repeat` times after `warm_up` untimed ones. `before` runs before each and is not timed."""
        times: list[float] = []
        for turn in range(warm_up + repeat):
            if before:
                before()
            gc.collect()
            started = time.perf_counter()
            run()
            elapsed = time.perf_counter() - started
            if turn >= warm_up:
                times.append(elapsed)
        return self.record(label, times, work=work)

    def record(self, label: str, seconds: list[float], *, work: int = 1) -> Measurement:
        """Take times that the benchmark measured itself, such as the latencies of single requests."""
        measurement = Measurement(label, tuple(seconds), work)
        self.measurements.append(measurement)
        return measurement

    def ratio(
        self,
        label: str,
        over: Measurement | float,
        under: Measurement | float,
        *,
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> float:
        """Record `over` / `under` with its bar, if any. A measurement counts as seconds for one unit of work."""
        top, bottom = (one.median if isinstance(one, Measurement) else one for one in (over, under))
        ratio = Ratio(label, top / bottom, at_most, at_least)
        self.ratios.append(ratio)
        return ratio.value

    def size(self, **sizes: int) -> None:
        """How much of what was there: packs=240, leaves=1_000_000."""
        self.sizes.update(sizes)

    def note(self, text: str) -> None:
        """What a reader has to know to read the figures right."""
        self.notes.append(text)

    def as_json(self) -> dict[str, Any]:
        measurements = [
            {
                "label": one.label,
                "median_s": one.median,
                "rate": one.rate,
                "spread": one.spread,
                "repeat": len(one.seconds),
            }
            for one in self.measurements
        ]
        ratios = [{**asdict(one), "is_met": one.is_met} for one in self.ratios]
        return {
            "name": self.name,
            "sizes": self.sizes,
            "measurements": measurements,
            "ratios": ratios,
            "notes": self.notes,
        }


@dataclass(frozen=True)
class Benchmark:
    name: str
    question: str
    run: Callable[[Bench], None]


registry: dict[str, Benchmark] = {}


def benchmark(name: str, question: str) -> Callable[[Callable[[Bench], None]], Callable[[Bench], None]]:
    """Register a benchmark under `name` (what `make bench ONLY=…` takes); `question` is what its figures answer."""

    def register(run: Callable[[Bench], None]) -> Callable[[Bench], None]:
        if name in registry:
            raise ValueError(f"benchmark {name!r}: the name is taken by {registry[name].run.__module__}")
        registry[name] = Benchmark(name, question, run)
        return run

    return register
