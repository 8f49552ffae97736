"""The report, as a person uses it: chooses a seed, unfolds numbers, saves a table, prints."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def report(first_page):
    return first_page("report.html")


@pytest.fixture
def page(browser, report):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    page, troubles = context.new_page(), []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(report.as_uri())
    yield page
    context.close()
    assert troubles == []


def shown_seeds(page):
    script = "all => all.filter((one) => one.offsetParent).map((one) => one.dataset.seed)"
    return page.eval_on_selector_all(".seeds figure", script)


def test_one_seed_is_shown_at_a_time_in_all_figures_that_have_several(page):
    groups = page.locator(".seeds")
    assert groups.count() == 3
    seeds = groups.first.locator("button").all_text_contents()
    assert len(seeds) > 1 and shown_seeds(page) == seeds[:1] * 3
    groups.last.locator("button", has_text=seeds[1]).click()
    assert shown_seeds(page) == seeds[1:2] * 3
    pressed = page.locator(".seeds button[aria-pressed=true]").all_text_contents()
    assert pressed == seeds[1:2] * 3


def test_without_a_script_all_seeds_are_shown(browser, report):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator(".switch").count() == 0
    captions = page.locator(".seeds figcaption")
    assert captions.count() > 3 and captions.first.is_visible()
    context.close()


def test_the_value_behind_a_bar_can_be_read(page):
    fold = page.locator("details.numbers").first
    assert not fold.locator("table").is_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.locator("table").is_visible()
    assert fold.locator("td").first.text_content() == "1"  # the first epoch


def test_a_table_is_saved_from_the_page_itself(page):
    with page.expect_download() as download:
        page.get_by_role("link", name="classes.csv").first.click()
    assert download.value.suggested_filename.endswith("seed1-classes.csv")
    assert Path(download.value.path()).read_text().startswith("class,")


def test_the_config_can_be_copied(page):
    page.locator("button.copy").last.click()
    page.wait_for_function(
        """() => ["Copied", "Selected"].includes(
            [...document.querySelectorAll("button.copy")].pop().textContent)"""
    )


def test_paper_shows_what_is_folded_and_no_controls(page):
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert not page.locator(".switch").first.is_visible()
    assert not page.locator("button.copy").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


def test_one_experiment_of_several_is_shown_at_the_same_part(page):
    """Of a page of two, made of the report's own sections."""
    page.evaluate(
        """() => {
            const first = document.querySelector("section.experiment");
            const second = first.cloneNode(true);
            second.dataset.name = "other";
            for (const one of second.querySelectorAll("[id]")) one.id = `other-${one.id}`;
            first.after(second);
            for (const one of document.querySelectorAll(".switch, .copy")) one.remove();
        }"""
    )
    script = (ROOT / "report/report.js").read_text()
    page.evaluate(f"() => {{ {script} }}")
    bar = page.get_by_role("group", name="Experiment")
    assert bar.locator("button").all_text_contents()[::2] == ["all", "other"]
    page.locator("section.experiment").first.locator(
        "[data-part=confusion-matrix]"
    ).scroll_into_view_if_needed()
    page.evaluate("document.querySelector('[data-part=confusion-matrix]').scrollIntoView()")
    bar.get_by_role("button", name="other").click()
    visible = page.locator("section.experiment:visible")
    assert visible.count() == 1 and visible.get_attribute("data-name") == "other"
    top = visible.locator("[data-part=confusion-matrix]").bounding_box()["y"]
    assert 0 <= top < 120
    page.evaluate("location.hash = document.querySelector('section.experiment h2').id")
    page.wait_for_function("!document.querySelector('section.experiment').hidden")


def test_many_experiments_with_long_names_leave_the_page_in_sight(browser, report, tmp_path):
    names = [f"rates_{number}_{'x' * 90}" for number in range(12)]
    sections = "".join(
        f'<section class="experiment" data-name="{name}"><h2 id="{name}">{name}</h2>'
        f'<h3 data-part="p">p</h3><div style="height: 900px"></div></section>'
        for name in names
    )
    links = "".join(f'<li><a href="#{name}">{name}</a></li>' for name in names)
    text = report.read_text().replace('<h2 id="data"', f'{sections}<h2 id="data"')
    (tmp_path / "report.html").write_text(text.replace("</ul>\n</nav>", f"{links}</ul>\n</nav>"))
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())

    page.evaluate("document.querySelectorAll('section.experiment')[3].scrollIntoView()")
    page.locator(".sticky button").nth(9).click()
    bar = page.locator(".sticky").bounding_box()
    heading = page.locator("section.experiment:not([hidden]) h2").bounding_box()

    assert page.evaluate("document.scrollingElement.scrollWidth") == 360
    assert bar["height"] < 80
    assert heading["y"] >= bar["y"] + bar["height"]
    context.close()
