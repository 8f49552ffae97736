"""Pages, the browser that opens them, and where its pictures go."""

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from views import chromium, launch

ROOT = Path(__file__).parents[2]


def pytest_addoption(parser):
    folders = "folder whose *.html are tested (again for more; results/shapes)"
    parser.addoption("--pages", action="append", type=Path, help=folders)
    pictures = ROOT / "results/browser"
    parser.addoption("--pictures", type=Path, default=pictures, help="folder for screenshots")


def pytest_configure(config):
    try:
        chromium()
        pages(config)
    except FileNotFoundError as error:
        raise pytest.UsageError(str(error)) from error


def pages(config) -> list[Path]:
    """Return the pages to test, at least one of each folder."""
    found = []
    for folder in config.getoption("pages") or [ROOT / "results/shapes"]:
        inside = sorted(folder.resolve().rglob("*.html"))
        if not inside:
            raise FileNotFoundError(f"There is no page in {folder}: run `make run` first.")
        found += inside
    return found


def name_of(page: Path) -> str:
    """A name for tests and files: where the page lies, in one word."""
    path = page.relative_to(ROOT / "results") if page.is_relative_to(ROOT / "results") else page
    return "-".join(path.with_suffix("").parts).strip("/-")


def pytest_generate_tests(metafunc):
    if "file" in metafunc.fixturenames:
        found = pages(metafunc.config)
        metafunc.parametrize("file", found, ids=map(name_of, found), scope="module")


@pytest.fixture(scope="session")
def first_page(pytestconfig):
    """Returns a function that finds the first page of a name among those to test."""

    def find(name):
        found = [page for page in pages(pytestconfig) if page.name == name]
        assert found, f"There is no {name} among the pages to test."
        return found[0]

    return find


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def emptied():
    """The folders that this session has emptied of what another one left."""
    return set()


@pytest.fixture(scope="module")
def pictures(request, file, emptied):
    """The folder for a page's screenshots and its PDF."""
    folder = request.config.getoption("pictures") / name_of(file)
    folder.mkdir(parents=True, exist_ok=True)
    if folder not in emptied:
        for old in [*folder.glob("*.png"), folder / "paper.pdf", folder / "loading.csv"]:
            old.unlink(missing_ok=True)
        emptied.add(folder)
    return folder
