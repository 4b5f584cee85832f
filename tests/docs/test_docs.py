"""What the documentation names exists: links, files, settings, commands, metrics. README's walk is run in `tests/system`."""

import re
import subprocess

import pytest
from django.core.management import get_commands
from django.test import Client

from kyc_platform.embedded.places import ROOT
from kyc_platform.settings.environment import Environment
from tests.docs.pages import PAGES, anchors, blocks, links, name_of, prose, readme_walk

QUOTED = re.compile(r"`([^`\n]+)`")
TOP = sorted(path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.name != "__pycache__")
PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|toml|yml|sql|lock)|\.env\.example|Makefile|Dockerfile")
HOUSES = ("", "kyc_platform", "tenants", "verification", "verification/workflow", "tests", "docs", "tests/verification/providers")
MADE_WHILE_RUNNING = (".local", ".env", "up.lock")
SETTING = re.compile(r"\b(?:KYC|S3|SANDBOX_PROVIDER|OUTBOUND|PUBLIC|TRUSTED|DATABASE|REDIS|SECRET|ALLOWED|LOG|EMAIL)_[A-Z_]+\b")
NO_SETTINGS_OF_THE_ENVIRONMENT = {
    "SANDBOX_PROVIDER_HOST",
    "SANDBOX_PROVIDER_PORT",
    "SANDBOX_PROVIDER_STATE",
    "SANDBOX_PROVIDER_DELAY_SECONDS",
}


def operations() -> str:
    return (ROOT / "docs" / "OPERATIONS.md").read_text()


def is_of_the_project(text: str) -> bool:
    """Tell whether a quoted path is one of ours, and not an address of the API or a pattern of a package."""
    return text.partition("/")[0] in TOP or any((ROOT / house / text.partition("/")[0]).is_dir() for house in HOUSES) or "." in text


def exists(text: str) -> bool:
    """Tell whether a path exists in the project or in a house, or names something defined in a module: `lifecycle/policy.decide`."""
    if any((ROOT / house / text).exists() for house in HOUSES):
        return True
    module, _, name = text.rpartition(".")
    modules = [ROOT / house / f"{module}.py" for house in HOUSES]
    return any(re.search(rf"^(?:def|class) {name}\b", file.read_text(), re.MULTILINE) for file in modules if file.is_file())


def commands_of_operations() -> list[str]:
    """Return the commands in the table of commands, without their arguments."""
    table = operations().partition("## Commands")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)", table, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page):
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_a_page_names_exists(page):
    named = [text for text in QUOTED.findall(prose(page)) if PATH.fullmatch(text) and not text.startswith(MADE_WHILE_RUNNING)]
    saved = {block.file for block in blocks(page)}
    assert [text for text in named if is_of_the_project(text) and text not in saved and not exists(text)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_setting_that_a_page_names_exists(page):
    named = set(SETTING.findall(page.read_text())) - NO_SETTINGS_OF_THE_ENVIRONMENT
    assert named - set(Environment.model_fields) == set()


def test_operations_explains_every_setting_and_every_command_of_ours():
    ours = {name for name, app in get_commands().items() if app in ("tenants", "verification", "reporting")}

    assert [name for name in Environment.model_fields if f"`{name}`" not in operations()] == []
    assert set(commands_of_operations()) == ours | {"check"}


def test_the_metrics_that_operations_names_are_counted():
    named = set(re.findall(r"\bkyc_\w+_total\b", operations()))

    assert named
    assert [name for name in named if f"# TYPE {name} counter" not in Client().get("/metrics").text] == []


def test_readme_names_the_two_commands_and_make_knows_every_target_that_pages_name():
    readme = (ROOT / "README.md").read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for page in PAGES for target in re.findall(r"(?:`|^    )make ([a-z]+)", page.read_text(), re.MULTILINE)}

    assert "    make up " in readme
    assert "    make test " in readme
    assert named - targets == set()


def test_the_walk_of_readme_is_proper_shell_and_goes_through_both_seeds():
    walk = readme_walk()
    checked = subprocess.run(["bash", "-n"], input=walk, capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stderr) == (0, "")
    for path in (
        "/api/v1/user/me/kyc/status",
        "/api/v1/user/me/kyc/submit",
        "/customers;",
        "/kyc-status",
        "-X PUT",
        "/report?",
        "/webhook-endpoints",
    ):
        assert path in walk, path


def test_architecture_names_every_house_and_room():
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    rooms = [path.parent for house in ("tenants", "verification") for path in (ROOT / house).glob("*/__init__.py")]
    unnamed = [room.name for room in rooms if room.name not in ("migrations", "management") and f"\n  {room.name}/" not in text]

    assert rooms
    assert unnamed == []


def test_what_architecture_says_is_not_there_yet_is_not_served():
    missing = (ROOT / "docs" / "ARCHITECTURE.md").read_text().partition("## Not there yet")[2]
    paths = Client().get("/api/v1/schema").json()["paths"]
    served = {(method.upper(), re.sub(r"{\w+}", "{}", path)) for path, methods in paths.items() for method in methods}
    named = re.findall(r"`(?:([A-Z]+) )?(/[^`]*)`", missing)

    assert named
    wrong = [
        (method, path)
        for method, path in named
        for verb in (method.split() or ("GET", "POST"))
        if (verb, f"/api/v1{re.sub(r'{[^}]*}', '{}', path)}") in served
    ]
    assert wrong == [], "this is served now: take it out of the list, and tell of it where it belongs"


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "decisions" and page.name[0].isdigit()], ids=name_of)
def test_every_decision_says_what_it_cost_and_what_else_was_considered(page):
    text = page.read_text()
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert [part for part in ("**Context.**", "**Decision", "**Cost.**", "**Alternatives considered.**") if part not in text] == []


def test_the_decisions_are_numbered_without_gaps_and_listed():
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    listed = re.findall(r"\((\d{4}-[\w-]+\.md)\)", (ROOT / "docs" / "decisions" / "README.md").read_text())

    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    assert listed == [page.name for page in pages]


def test_no_page_names_a_place_of_one_machine():
    found = [name_of(page) for page in PAGES if re.search(r"(?<![\w.])/(?:work|home|root|tmp|Users)/", page.read_text())]
    assert found == []


def test_no_module_points_to_a_page_that_is_not_in_the_tree():
    modules = [
        path
        for house in ("kyc_platform", "tenants", "verification", "reporting", "merchant_portal")
        for path in (ROOT / house).rglob("*.py")
    ]
    named = [
        (str(path.relative_to(ROOT)), page) for path in modules for page in re.findall(r"[\w./-]*\b[A-Z_]{3,}\.md\b", path.read_text())
    ]

    assert named
    assert [(module, page) for module, page in named if not (ROOT / page).is_file()] == []
