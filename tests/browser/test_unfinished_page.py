"""The page in the place of a report that is not finished, in every width and colour scheme."""

import subprocess
from pathlib import Path

import pytest
from checks import CHECKS, accessibility
from paper import printed
from test_pages import all_is_well
from views import SCHEMES, WIDTHS, opened

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv/bin/python"
STATES = ("going-on", "failed")


@pytest.fixture(scope="module", params=STATES)
def unfinished(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unfinished")
    subprocess.run([PYTHON, HERE / "unfinished_page.py", folder, request.param], check=True)
    return folder / "report.html"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_well_and_accessible(browser, unfinished, width, scheme):
    with opened(browser, unfinished, width, scheme) as view:
        for check in CHECKS:
            all_is_well(check(view))
    with opened(browser, unfinished, width, scheme, policy=False) as view:
        all_is_well(accessibility(view))


def test_it_can_be_printed(browser, unfinished, tmp_path):
    all_is_well(printed(browser, unfinished, tmp_path / "paper.pdf"))


@pytest.mark.parametrize("unfinished", ["going-on"], indirect=True)
def test_it_is_renewed_until_the_reader_stops_that(browser, unfinished):
    page = browser.new_page()
    page.clock.install()
    page.goto(unfinished.as_uri())
    assert page.get_by_text("epoch 3/14").is_visible()
    assert not page.get_by_text("Renew this page").is_visible()

    page.get_by_text("Leave this page as it is").click()
    unfinished.write_text(unfinished.read_text().replace("epoch 3/14", "epoch 9/14"))
    page.clock.run_for(60_000)
    assert page.get_by_text("epoch 3/14").is_visible()

    page.get_by_text("Renew this page").click()
    with page.expect_event("load"):
        page.clock.run_for(11_000)
    assert page.get_by_text("epoch 9/14").is_visible()
    page.close()


@pytest.mark.parametrize("unfinished", ["failed"], indirect=True)
def test_what_has_ended_is_not_renewed(unfinished):
    assert "<script" not in unfinished.read_text()
