"""The project's pages of documentation, and what is in them."""

import re
from pathlib import Path

from kyc_platform.embedded.places import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(page: Path) -> str:
    """Return a page's path within the project."""
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return FENCE.sub("", page.read_text())


def links(page: Path) -> list[str]:
    """Return the links of a page that stay within the project."""
    return [target for target in LINK.findall(prose(page)) if "://" not in target and not target.startswith("mailto:")]


def anchors(page: Path) -> set[str]:
    """Return what a page's headings can be linked by, as GitHub makes it: lower case, without punctuation, hyphens for spaces."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(prose(page))}


def readme_walk() -> str:
    """Return README's blocks of shell as one script."""
    return "".join(body for kind, body in FENCE.findall((ROOT / "README.md").read_text()) if kind == "sh")
