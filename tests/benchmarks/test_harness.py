"""The harness of the benchmarks: what it measures in which order, and what it makes of the figures."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.__main__ import DOCUMENT, PLACE_OF_TABLE
from benchmarks.catalogue import BENCHMARKS
from benchmarks.harness import Baseline, Row, at_least, at_most, compare, interleave, report, table
from benchmarks.load import Plan, UnexpectedAnswer, put_load


def giving(*figures):
    """A measurement that gives these figures, one after the other."""
    return iter(figures).__next__


def test_every_round_measures_each_once_and_every_other_one_backwards():
    order: list[str] = []

    def measuring(name):
        def measure():
            order.append(name)
            return len(order)

        return measure

    measures = {name: measuring(name) for name in "abc"}

    figures = interleave(measures, rounds=2, warm_ups=1)

    assert "".join(order) == "cba" + "abc" + "cba"
    assert figures == {"a": [4, 9], "b": [5, 8], "c": [6, 7]}


def test_the_ratio_is_the_median_of_the_rounds_ratios_and_not_of_the_medians():
    (row,) = compare("ours", giving(10, 30, 20), [Baseline("theirs", giving(10, 10, 40), at_least(0.8))], unit="x/s", rounds=3, warm_ups=0)

    assert (row.ratio, row.spread) == (1.0, (0.5, 3.0))
    assert (row.ours, row.theirs, row.rounds, row.is_reached) == (20, 10, 3, True)


def test_two_baselines_are_set_against_the_same_figures():
    slow, fast = Baseline("slow", giving(1, 1), at_least(20)), Baseline("fast", giving(20, 20))

    rows = compare("ours", giving(10, 10), [slow, fast], unit="x/s", rounds=2, warm_ups=0)

    assert [(row.baseline, row.ratio, row.is_reached) for row in rows] == [("slow", 10, False), ("fast", 0.5, None)]


@pytest.mark.parametrize(("goal", "reached", "missed"), [(at_least(0.8), 0.8, 0.79), (at_most(0.3), 0.3, 0.31)])
def test_a_goal_includes_its_limit(goal, reached, missed):
    assert goal.is_reached_by(reached)
    assert not goal.is_reached_by(missed)


def test_a_row_comes_back_from_json_as_it_was():
    (row,) = compare("ours", giving(1.0), [Baseline("theirs", giving(2.0), at_most(0.3))], unit="ms", rounds=1, warm_ups=0, note="a note")

    assert Row.from_json(row.to_json()) == row
    assert Row.from_json(report("alone", [1.0, 2.0], unit="ms").to_json()) == report("alone", [1.0, 2.0], unit="ms")


def test_the_table_says_what_was_reached_and_what_was_missed():
    rows = compare(
        "ours", giving(1), [Baseline("a", giving(2), at_least(0.8)), Baseline("b", giving(1), at_most(1))], unit="ms", rounds=1, warm_ups=0
    )

    lines = table([*rows, report("alone", [4.0], unit="ms")]).splitlines()

    assert lines[2:] == [
        "| ours | a | **0.5** | 0.5 to 0.5 | ≥ 0.8 | **missed** | 1 ms | 2 ms | 1 |  |",
        "| ours | b | **1** | 1 to 1 | ≤ 1 | reached | 1 ms | 1 ms | 1 |  |",
        "| alone |  |  | 1 to 1 |  |  | 4 ms |  | 1 |  |",
    ]
    assert {line.count("|") for line in lines} == {11}


def test_the_document_has_one_place_for_the_table():
    assert len(PLACE_OF_TABLE.findall(DOCUMENT.read_text())) == 1


def test_every_benchmark_of_the_catalogue_exists():
    for benchmark in BENCHMARKS.values():
        assert callable(benchmark.load())


@pytest.fixture
def server():
    """A real server with two paths, on connections that are kept alive."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            is_right = self.path == "/right?yes" and self.headers["Authorization"] == "Api-Key 1"
            self.send_response(200 if is_right else 403)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(bytes(100_000))

        def log_message(self, *_):
            """Write no log."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            """A client that goes away is no news."""

    served = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()
    thread.join()


def test_the_load_is_counted_and_timed(server):
    result = put_load(Plan([f"{server}/right?yes"], {"Authorization": "Api-Key 1"}, seconds=0.3, connections=2))

    assert result.requests_per_second > 10
    assert 0 < result.p50_ms <= result.p99_ms < 1000


def test_an_answer_that_was_not_expected_stops_the_measurement(server):
    with pytest.raises(UnexpectedAnswer, match="403"):
        put_load(Plan([f"{server}/right?yes", f"{server}/wrong"], seconds=0.3, connections=2))
