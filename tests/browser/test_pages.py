"""Every page in every width and colour scheme, for those who hear it, and on paper."""

import pytest
from checks import CHECKS, accessibility
from paper import printed
from views import SCHEMES, WIDTHS, opened, photograph


@pytest.fixture(scope="module")
def view(browser, file, width, scheme, pictures):
    with opened(browser, file, width, scheme) as view:
        photograph(view, pictures / f"{width}-{scheme}")
        note_loading(pictures / "loading.csv", width, scheme, view)
        yield view


def note_loading(table, width, scheme, view):
    """A row of what was measured; no test asks for it, as machines differ."""
    if not table.exists():
        table.write_text("width,scheme,bytes,seconds\n")
    with open(table, "a") as file:
        file.write(f"{width},{scheme},{view.file.stat().st_size},{view.seconds:.3f}\n")


def all_is_well(findings):
    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("scheme", SCHEMES, scope="module")
@pytest.mark.parametrize("width", WIDTHS, scope="module")
def test_page(view, check):
    all_is_well(check(view))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_page_is_accessible(browser, file, width, scheme):
    with opened(browser, file, width, scheme, policy=False) as view:
        all_is_well(accessibility(view))


def test_page_on_paper(browser, file, pictures):
    all_is_well(printed(browser, file, pictures / "paper.pdf"))
