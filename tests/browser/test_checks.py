"""Each check finds what it is for: a page that is well, and the same page with one fault."""

import checks
import pytest
from checks import CHECKS, accessibility
from paper import printed
from views import chromium, opened, photograph

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+k"
    "cQAAAABJRU5ErkJggg=="
)
STYLE = "body { color: #111; background: #fff; } @page { margin: 15mm; }"
OPEN_ON_PAPER = (
    "@media print { details::details-content { content-visibility: visible; block-size: auto; } }"
)
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
GOOD = f"""\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<style>{STYLE} {OPEN_ON_PAPER}</style></head><body><main>
<h1>Title</h1>
<h2 id="näher">Section</h2>
<img src="{PIXEL}" alt="A grey pixel">
<img src="{PIXEL}" alt="A second grey pixel">
<p>See <a href="#n%C3%A4her">the section</a>, <a href="#">the top</a>,
<a href="beside%20it.csv">a file</a>
and <a href="data:text/csv,a%2Cb" download="table.csv">a table</a>.</p>
<details><summary>How to read it</summary><p>Down is good.</p></details>
</main></body></html>
"""
POLICY_META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
SCRIPTS = (POLICY_META, "")
LONG = f'<p style="width: 90em">{"Much to read. " * 40}</p>'
WIDE = '<p style="width: 5000px">Wide</p></main>'
# For each fault: the check, what is replaced in the good page, by what, and a word of the finding.
FAULTS = {
    "large": ("size", "</main>", "<!--" + "x" * checks.MOST_BYTES + "--></main>", "bytes"),
    "no policy": ("policy", *SCRIPTS, "no policy"),
    "policy of any script": (
        "policy",
        "'none';",
        "'none'; script-src 'unsafe-inline';",
        "script-src",
    ),
    "policy of any address": ("policy", "img-src data:", "img-src https:", "img-src"),
    "wide": ("width", "</main>", WIDE, "px wide"),
    "wide once opened": ("width", "<p>Down", '<p style="width: 5000px">Down', "px wide"),
    "cut": (
        "width",
        "<main>",
        '<main style="overflow-x: clip; width: 5000px"><p>Cut</p>',
        "reaches from",
    ),
    "broken image": ("images", PIXEL, "data:image/png;base64,AAAA", "not loaded"),
    "no text": ("alternatives", 'alt="A grey pixel"', 'alt=""', "no text"),
    "no text of a drawing": ("alternatives", "</main>", "<svg></svg></main>", "no text"),
    "file name as text": ("alternatives", "A grey pixel", "grey pixel.png", "name of a file"),
    "internal name as text": ("alternatives", "A grey pixel", "grey_pixel", "name of a file"),
    "same text": ("alternatives", "A second", "A", "the same text"),
    "skipped level": ("headings", "</main>", "<h4>Deep</h4></main>", "follows level 2"),
    "no title": ("headings", "h1>", "h2>", "follows level 0"),
    "second title": ("headings", "</main>", "<h1>More</h1></main>", "second title"),
    "no heading": ("headings", "<h1>Title</h1>\n<h2", "<p", "no heading"),
    "lost section": ("links", 'id="näher"', "", "leads nowhere"),
    "lost file": ("links", "beside%20it", "lost", "not there"),
    "file of this machine": ("links", "beside%20it.csv", "/etc/passwd", "not there"),
    "empty download": ("links", "a%2Cb", "", "downloads nothing"),
    "nameless download": ("links", ' download="table.csv"', "", "without the name"),
    "script as link": ("links", "beside%20it.csv", "javascript:alert(1)", "leads to"),
    "file with a whole address": ("links", "beside%20it.csv", "file:///tmp/a", "leads to"),
    "fold out of reach": ("folds", "<summary>", '<summary tabindex="-1">', "by keyboard"),
    "fold without handle": ("folds", "<summary>How to read it</summary>", "", "by keyboard"),
    "blocked by the policy": ("messages", "</main>", "<script>1</script></main>", "error"),
    "exception": ("messages", POLICY_META, "<script>lost()</script>", "exception"),
    "warning": ("messages", POLICY_META, "<script>console.warn('odd')</script>", "odd"),
    "request": ("requests", POLICY_META, '<img src="https://example.org/a.png">', "example.org"),
    "request of a file": ("requests", POLICY_META, '<img src="beside.png">', "beside.png"),
}
HEARD = {
    "contrast": ("#111", "#aaa", "color-contrast"),
    "scrolling box": (
        "</main>",
        f'<div style="width: 9em; height: 4em; overflow: auto">{LONG}</div></main>',
        "scrollable-region-focusable",
    ),
    "no language": (' lang="en"', "", "html-has-lang"),
    "outside of landmarks": ("<main>", "<p>Outside</p><main>", "region"),
    "contrast in a fold": ("<p>Down", '<p style="color: #eee">Down', "color-contrast"),
}
PAPER = {
    "wide table": ("</main>", WIDE, "px wide"),
    "scrolling box": (
        "</main>",
        f'<div style="overflow-x: auto">{WIDE.replace("</main>", "</div></main>")}',
        "and shows",
    ),
    "folded": (OPEN_ON_PAPER, "", "folded and not printed: Down is good."),
    "stranded heading": (
        "<h1>",
        '<div style="height: 890px; border: 1px solid"></div><h1 style="break-after: page">',
        "sheet 1: a heading alone at its end: Title",
    ),
}


def write(folder, old="", new=""):
    assert old in GOOD
    page = folder / "page.html"
    page.write_text(GOOD.replace(old, new, 1 if old != "h1>" else -1) if old else GOOD)
    (folder / "beside it.csv").write_text("a,b\n")
    return page


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_page_that_is_well_is_well(browser, tmp_path, check):
    with opened(browser, write(tmp_path)) as view:
        assert check(view) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(browser, tmp_path, fault):
    name, old, new, finding = FAULTS[fault]
    (check,) = [one for one in CHECKS if one.__name__ == name]

    with opened(browser, write(tmp_path, old, new), 360) as view:
        found = check(view)

    assert finding in "\n".join(found)


def test_every_check_has_a_fault_that_it_finds():
    assert {check.__name__ for check in CHECKS} == {name for name, *_ in FAULTS.values()}


def test_a_page_that_is_well_is_accessible(browser, tmp_path):
    with opened(browser, write(tmp_path), policy=False) as view:
        assert accessibility(view) == []


@pytest.mark.parametrize("fault", HEARD)
def test_a_fault_of_accessibility_is_found(browser, tmp_path, fault):
    old, new, finding = HEARD[fault]

    with opened(browser, write(tmp_path, old, new), policy=False) as view:
        found = accessibility(view)

    assert [one.split()[0] for one in found] == [finding]


def test_a_dark_page_is_seen_dark(browser, tmp_path):
    dark = "@media (prefers-color-scheme: dark) { body { color: #222; background: #000; } }"
    page = write(tmp_path, OPEN_ON_PAPER, dark)

    with opened(browser, page, policy=False) as light:
        assert accessibility(light) == []
    with opened(browser, page, scheme="dark", policy=False) as view:
        assert "color-contrast" in "\n".join(accessibility(view))


def test_a_page_that_is_well_is_printed_well(browser, tmp_path):
    assert printed(browser, write(tmp_path), tmp_path / "paper.pdf") == []
    assert (tmp_path / "paper.pdf").stat().st_size > 1000


@pytest.mark.parametrize("fault", PAPER)
def test_a_fault_on_paper_is_found(browser, tmp_path, fault):
    old, new, finding = PAPER[fault]

    found = printed(browser, write(tmp_path, old, new), tmp_path / "paper.pdf")

    assert finding in "\n".join(found)


def test_a_heading_above_a_picture_is_not_stranded(browser, tmp_path):
    last = f'<h2>Last</h2><img src="{PIXEL}" alt="Third" width="90" height="90">'
    page = write(tmp_path, "</main>", f'<div style="height: 300px"></div>{last}</main>')

    assert printed(browser, page, tmp_path / "paper.pdf") == []


def test_folded_controls_need_not_be_printed(browser, tmp_path):
    controls = "<details><summary>Filters</summary><p>Class</p><button>All</button></details>"
    page = write(
        tmp_path, OPEN_ON_PAPER + "</style></head><body><main>", "</style><main>" + controls
    )

    assert printed(browser, page, tmp_path / "paper.pdf") == [
        "folded and not printed: Down is good."
    ]


def test_a_tall_page_is_photographed_in_parts(browser, tmp_path):
    page = write(tmp_path, "</main>", '<div style="height: 9000px"></div></main>')

    with opened(browser, page, 360) as view:
        photograph(view, tmp_path / "pictures/360-light")

    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == [
        "360-light-1.png",
        "360-light-2.png",
    ]


def test_without_a_browser_one_sentence_says_so(monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FileNotFoundError, match="apt-get install chromium"):
        chromium()
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(FileNotFoundError, match="CHROMIUM=/nowhere/chromium is no program"):
        chromium()
