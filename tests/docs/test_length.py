"""No file is longer than a person can hold in mind: over 500 lines it has become two things."""

from kyc_platform.embedded.places import ROOT

LINES_MAX = 500
KINDS = {".py", ".md", ".html", ".js", ".mjs", ".css", ".toml", ".yml"}
MADE_BY_PROGRAMS = {"verification/migrations/0001_initial.py"}  # Django wrote it down from the models, of which none is long


def test_no_file_is_longer_than_it_may_be():
    houses = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    paths = [path for house in houses for path in house.rglob("*") if path.suffix in KINDS and "node_modules" not in path.parts]
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for path in [*paths, *ROOT.glob("*.*")]
        if path.suffix in KINDS
    }

    assert len(lines) > 500
    assert {name for name, number in lines.items() if number > LINES_MAX} == MADE_BY_PROGRAMS
