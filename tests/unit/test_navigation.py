"""The report's page: sections that can be linked to, contents, folded explanations."""

import base64
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from resnetcam.report.html import to_html

CSS = (Path(__file__).parents[2] / "report/report.css").read_text()
TEXT = """\
# Report

**All is well.**

## Experiment fast

### Learning curves

Curves.

*How to read it.* Down is good, *really*.

### Learning curves

## Experiment \\<b\\>ünder & 1\\_2

### Learning curves

*How to read it.*

*How it ends.* Not folded.

## Data
"""


class Page(HTMLParser):
    """Ids, the texts of links by where they lead, and what is folded."""

    def __init__(self, page):
        super().__init__()
        self.ids, self.links, self.folded, self.open = [], {}, [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.open.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "details":
            self.folded.append("")

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        for tag, attributes in self.open:
            if tag == "a":
                place = unquote(attributes["href"])
                self.links[place] = self.links.get(place, "") + data
            if tag == "details":
                self.folded[-1] += data


@pytest.fixture
def page(tmp_path):
    return to_html(TEXT, tmp_path, "Report", CSS)


def test_each_section_can_be_linked_to_and_stands_in_the_contents(page):
    found = Page(page)

    assert found.ids == [
        "experiment-fast",
        "experiment-fast-learning-curves",
        "experiment-fast-learning-curves-2",
        "experiment-b-ünder-1_2",
        "experiment-b-ünder-1_2-learning-curves",
        "data",
    ]
    assert {f"#{name}" for name in found.ids} | {"#"} == found.links.keys()
    assert found.links["#experiment-b-ünder-1_2"] == "Experiment <b>ünder & 1_2#"
    assert "<b>" not in page


def test_contents_are_nested_lists_after_the_first_words(page):
    nav = page.partition("<nav")[2].partition("</nav>")[0]

    assert page.index("All is well.") < page.index("<nav") < page.index("<h2")
    assert nav.count("<ul>") == nav.count("</ul>") == 3
    assert nav.count("<li>") == nav.count("</li>") == 6


def test_explanations_are_folded_behind_their_name(page):
    found = Page(page)

    (folded,) = found.folded
    assert " ".join(folded.split()) == "How to read it Down is good, really."
    assert "<em>How it ends.</em>" in page


def test_a_page_without_sections_has_no_contents(tmp_path):
    page = to_html("# Report\n\nNothing yet.\n", tmp_path, "Report", CSS)

    assert "<nav" not in page and 'class="top"' not in page


def test_paper_shows_what_is_folded_and_no_navigation():
    paper = CSS.partition("@media print")[2]

    assert (
        ".contents, .top, .anchor, .switch, .copy, summary, .wide::before { display: none; }"
        in paper
    )
    assert "content-visibility: visible" in paper


def test_each_table_is_a_region_of_its_own_that_a_keyboard_can_scroll(tmp_path):
    table = "| a |\n|---|\n| 1 |\n"
    text = f'{table}\n# Report\n\n## Data & "more"\n\n{table}\n{table}'

    page = to_html(text, tmp_path, "Report", CSS)

    regions = re.findall(r'<div class="table" (.*)>\n<table>', page)
    assert page.count("</table>\n</div>") == page.count("<table>") == 3
    assert [unescape(region) for region in regions] == [
        'role="region" tabindex="0" aria-label="Table 1"',
        'role="region" tabindex="0" aria-label="Table 2: Data & "more""',
        'role="region" tabindex="0" aria-label="Table 3: Data & "more""',
    ]


def test_numbers_fold_with_their_table(tmp_path):
    text = "## A\n\n*The numbers.*\n\n| a | b |\n|---|--:|\n| x | 1 |\n\nAfter.\n"
    page = to_html(text, tmp_path, "t", CSS)
    assert '<details class="numbers"><summary>The numbers</summary>\n<div class="table"' in page
    folded = page.partition("<details")[2].partition("</details>")[0]
    assert "<td>x</td>" in folded and "After." not in folded and "The numbers." not in page


def test_each_experiment_is_a_section_with_its_name(tmp_path):
    page = to_html(TEXT, tmp_path, "t", CSS)
    opening = '<section class="experiment" data-name="'
    names = [part.partition('"')[0] for part in page.split(opening)[1:]]
    assert names == ["fast", "&lt;b&gt;ünder &amp; 1_2"]
    assert page.count("</section>") == 2
    assert page.index("</section>") < page.index(opening + "&lt;b") < page.index('id="data"')
    assert page.rindex("</section>") < page.index('id="data"')
    assert page.count('data-part="learning-curves"') == 3


def test_figures_of_seeds_are_there_to_choose_from(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.svg").write_text("<svg></svg>")
    text = '![One](a.png "seed 1")\n![Two](b.png "seed 12")\n\n![Alone](c.png)\n\nText ![x](a.png).'
    page = to_html(text, tmp_path, "t", CSS)
    group = page.partition('<div class="seeds">')[2].partition("</div>")[0]
    assert group.count("<figure data-seed=") == 2 == group.count("<img ")
    assert '<figure data-seed="12">' in group and "<figcaption>Seed 12</figcaption>" in group
    assert "title=" not in page
    assert page.count("<figure") == 3 and "<p>Text <img" in page


def test_what_is_linked_can_be_saved_from_the_page(tmp_path):
    folder = tmp_path / "fast"
    folder.mkdir()
    (folder / "a b.csv").write_bytes(b"x,y\n1,2\n")
    (tmp_path / "c.json").write_text("{}" * 9)
    text = "[t](a%20b.csv) [u](../c.json) [page](../explorer.html) [web](https://example.org/x.csv)"
    page = to_html(text, folder, "t", CSS)
    assert 'href="data:text/csv,x,y%0A1,2%0A" download="a b.csv"' in page
    assert 'href="data:application/json,{}{}{}{}{}{}{}{}{}" download="c.json"' in page
    assert 'href="../explorer.html"' in page
    assert 'href="https://example.org/x.csv"' in page


def test_what_can_be_saved_is_held_in_the_shorter_way(tmp_path):
    content = '"é%" &\n' * 9
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    page = to_html("[t](a.csv)", tmp_path, "t", CSS)
    held = page.partition('href="data:text/csv;base64,')[2].partition('"')[0]
    assert base64.b64decode(held).decode() == content
