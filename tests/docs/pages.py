"""The project's pages of documentation, and what is in them."""

import re
from dataclasses import dataclass
from pathlib import Path

from kyc_platform.embedded.places import ROOT

README = ROOT / "README.md"
GUIDES = ROOT / "docs" / "guides"
PAGES = sorted([README, ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FILE_NAME = re.compile(r"(?:#|//) ([\w-]+\.(?:py|mjs))\n")
LEVELLED = re.compile(r"^(#+) (.+)$", re.MULTILINE)


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


@dataclass(frozen=True)
class Block:
    """One fenced block: what it is, what is in it, and the headings that it stands under."""

    kind: str
    body: str
    headings: tuple[str, ...]

    @property
    def file(self) -> str | None:
        """The file that the reader saves it as: the comment in its first line names it."""
        name = FILE_NAME.match(self.body)
        return name[1] if name else None


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in their order."""
    found: list[Block] = []
    headings: dict[int, str] = {}
    at, text = 0, page.read_text()
    for fence in FENCE.finditer(text):
        for marks, heading in LEVELLED.findall(text[at : fence.start()]):
            headings = {level: above for level, above in headings.items() if level < len(marks)} | {len(marks): heading}
        found.append(Block(fence[1], fence[2], tuple(headings.values())))
        at = fence.end()
    return found


def readme_walk() -> str:
    """Return README's blocks of shell as one script."""
    return "".join(block.body for block in blocks(README) if block.kind == "sh")
