"""The benchmark harness itself: figures that are computed wrongly would be believed."""

import json

import pytest
from rich.console import Console

from tests.benchmarks import harness, report


@pytest.fixture
def bench(tmp_path):
    return harness.Bench("name", tmp_path)


def test_a_median_is_for_one_unit_of_work(bench):
    measured = bench.record("writes", [2.0, 1.0, 6.0], work=100)
    assert measured.median == pytest.approx(0.02)
    assert measured.rate == pytest.approx(50)
    assert measured.spread == pytest.approx(2.5)


def test_warming_up_and_preparing_are_not_measured(bench):
    calls = []
    measured = bench.measure("call", lambda: calls.append("run"), before=lambda: calls.append("before"), repeat=3)
    assert calls == ["before", "run"] * 4
    assert len(measured.seconds) == 3


@pytest.mark.parametrize(("value", "is_met"), [(1.3, True), (1.31, False), (0.5, True), (0.49, False)])
def test_a_bar_counts_as_met_up_to_and_including_its_edge(bench, value, is_met):
    bench.ratio("edge", value, 1.0, at_most=1.3, at_least=0.5)
    assert bench.ratios[0].is_met is is_met


def test_a_missed_bar_is_said_in_the_table(bench):
    slow, fast = bench.record("slow", [3.0]), bench.record("fast", [1.0])
    assert bench.ratio("slow / fast", slow, fast, at_most=1.3) == pytest.approx(3)
    console = Console(record=True, width=120)
    report.show(bench, "question?", console)
    assert "≤ 1.3  MISSED" in console.export_text()


def test_each_result_is_one_more_json_line(bench, tmp_path):
    bench.size(packs=240)
    bench.ratio("ratio", bench.record("writes", [1.0]), 2.0)
    file = tmp_path / "deep" / "results.jsonl"
    for _ in range(2):
        report.keep(bench, "SQLite", file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) == 2
    assert lines[0]["sizes"] == {"packs": 240}
    assert lines[0]["ratios"][0]["value"] == pytest.approx(0.5)
    assert lines[0]["machine"]["cores"] >= 1


def test_two_benchmarks_cannot_share_a_name(monkeypatch):
    monkeypatch.setattr(harness, "registry", {})
    harness.benchmark("name", "question?")(lambda bench: None)
    with pytest.raises(ValueError, match="'name': the name is taken"):
        harness.benchmark("name", "another?")(lambda bench: None)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(1.5, "1.5 s"), (0.0021, "2.1 ms"), (3.456e-6, "3.46 µs"), (5e-9, "5 ns")]
)
def test_times_are_shown_in_the_unit_that_fits(seconds, shown):
    assert report.as_time(seconds) == shown
