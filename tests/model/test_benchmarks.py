"""The benchmarks' own machinery: turns are taken, ratios are ours by theirs, a page keeps other rooms' sections."""

import pytest

from benchmarks.timing import Timing, ratio, side_by_side, write_section


def test_contestants_take_turns_and_the_first_round_does_not_count():
    calls = []
    timings = side_by_side({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=3)
    assert calls == ["a", "b"] * 4
    assert {name: len(timing.seconds) for name, timing in timings.items()} == {"a": 3, "b": 3}


def test_the_ratio_is_taken_round_by_round():
    timings = {"ours": Timing((1.0, 4.0, 30.0)), "theirs": Timing((2.0, 2.0, 10.0))}
    assert ratio(timings, "ours", "theirs") == pytest.approx(2.0)
    assert (timings["ours"].fastest_s, timings["ours"].median_s) == (1.0, 4.0)


def test_a_section_is_replaced_and_its_neighbours_stay(tmp_path):
    page = tmp_path / "benchmarks.md"
    write_section(page, "Model", "old")
    write_section(page, "Study", "theirs")
    write_section(page, "Model", "new\n\n| a \\1 |")
    assert page.read_text() == "# Benchmarks\n\n## Model\n\nnew\n\n| a \\1 |\n\n## Study\n\ntheirs\n"
