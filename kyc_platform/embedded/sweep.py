"""Leave the checkout as it was cloned: remove `.local` and the caches of the tools. Everything has been stopped before.

Run by the machine's Python, since it removes the environment's, so nothing outside the standard library is imported.
"""

import shutil

from kyc_platform.embedded.places import PLATFORM, ROOT

CACHES = (".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache", ".benchmarks", ".schemathesis")


def main() -> None:
    """Remove what was made here, and nothing that was not."""
    for path in (PLATFORM.path, PLATFORM.elsewhere, *(ROOT / name for name in CACHES)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
    for path in list(ROOT.rglob("__pycache__")):
        shutil.rmtree(path)
    print("The checkout is as it was cloned.")


if __name__ == "__main__":
    main()
