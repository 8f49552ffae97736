"""The page to look through test images, as a person with a mouse or a keyboard uses it."""

import json
from pathlib import Path

import pypdfium2
import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def explorer(first_page):
    return first_page("explorer.html").as_uri()


@pytest.fixture
def page(browser):
    """A page on which nothing may go wrong, and which may ask for nothing."""
    context = browser.new_context(viewport={"width": 900, "height": 800})
    page, troubles = context.new_page(), []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: _note(troubles, request.url))
    yield page
    context.close()
    assert troubles == []


def _note(troubles, url):
    if not url.startswith(("file:", "data:")):
        troubles.append(url)


def opened(page, address):
    page.goto("about:blank")  # or another fragment alone would not load the page anew
    page.goto(address)
    page.wait_for_selector("#grid")
    return page


def dialog_is_drawn(page):
    page.wait_for_selector("#networks canvas")


def names(page):
    """What a person hears of each image."""
    script = "all => all.map((one) => one.getAttribute('aria-label'))"
    return page.eval_on_selector_all("#grid button", script)


def fragment(page):
    return page.evaluate("location.hash")


def data(page):
    return page.evaluate("JSON.parse(document.getElementById('data').textContent)")


def test_filters_show_what_they_say_and_stand_in_the_address(page, explorer):
    opened(page, explorer)
    everything = names(page)
    first = data(page)["classes"][0]
    page.select_option("#true", first)
    page.select_option("#correct", "right")

    assert fragment(page) == f"#true={first}&correct=right"
    shown = names(page)
    assert 0 < len(shown) < len(everything)
    assert all(f": {first}, " in name and "taken for" not in name for name in shown)
    assert page.inner_text("#count").startswith(f"{len(shown)} of {len(everything)} images")

    opened(page, explorer + fragment(page))
    assert names(page) == shown
    page.click("#reset")
    assert names(page) == everything
    assert fragment(page) in ("", "#")


def test_images_are_sorted(page, explorer):
    opened(page, explorer + "#sort=unsurest")
    shares = [float(name.split(", ")[-1].strip("<>%")) for name in names(page)]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]


def test_what_is_not_there_is_said(page, explorer):
    opened(page, explorer + "#true=nosuchclass&correct=wrong&image=99999999")
    words = page.inner_text("#trouble")
    assert "true=nosuchclass, image 99999999" in words
    assert page.input_value("#correct") == "wrong"
    assert not page.is_visible("#dialog")


def test_an_image_is_found_by_its_number(page, explorer):
    opened(page, explorer)
    number = data(page)["numbers"][-1]
    page.fill("#number", f"{number}")
    page.press("#number", "Enter")

    dialog_is_drawn(page)
    assert page.inner_text("#title").startswith(f"Image {number}: ")
    assert fragment(page) == f"#image={number}"


def test_a_range_that_is_none_is_said(page, explorer):
    page.goto(explorer + "#from=90&to=20")
    page.wait_for_selector("#count:not(:empty)")
    assert page.inner_text("#count").endswith(": from 90 to 20 % is no range.")


def test_an_emptied_bound_bounds_nothing(page, explorer):
    opened(page, explorer)
    everyone = page.inner_text("#count")
    opened(page, explorer + "#from=&to=")
    assert page.inner_text("#count") == everyone


def test_an_open_image_is_printed_once_and_stays_open(page, explorer, tmp_path):
    number = data(opened(page, explorer))["numbers"][0]
    opened(page, f"{explorer}#image={number}")
    dialog_is_drawn(page)
    for _ in range(2):
        page.pdf(path=tmp_path / "image.pdf", format="A4")
        document = pypdfium2.PdfDocument(tmp_path / "image.pdf")
        text = "".join(sheet.get_textpage().get_text_range() for sheet in document)
        document.close()
        assert text.count(f"Image {number}: ") == 1
        assert text.count("at every layer") == 1 and "Test images of" not in text

    page.click("#next")
    page.wait_for_function(f"location.hash !== '#image={number}'")
    page.click("#close")
    page.wait_for_function("location.hash === ''")
    assert not page.is_visible("#dialog")


def test_the_worst_class_shows_its_mistakes(page, explorer):
    opened(page, explorer)
    page.click("#by-class summary")
    worst, images, correct, taken = (
        page.locator("#classes tr").first.locator("th, td").all_inner_texts()
    )
    page.locator("#classes button").first.click()
    assert len(names(page)) == int(images) - int(correct.split()[0])
    assert all(f": {worst}, taken for " in name for name in names(page))
    other, count = taken.split(", ")[0].rsplit(" ", 1)
    page.locator("#classes tr").first.locator("td button").first.click()
    assert len(names(page)) == int(count)
    assert all(f": {worst}, taken for {other}," in name for name in names(page))


def test_everything_can_be_done_by_keyboard(page, explorer):
    opened(page, explorer)
    stops = page.eval_on_selector_all("#grid button", "all => all.map((one) => one.tabIndex)")
    assert stops == [0] + [-1] * (len(stops) - 1)
    page.focus("#grid button")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    numbers = data(page)["numbers"]
    page.keyboard.press("Enter")
    dialog_is_drawn(page)
    assert fragment(page) == f"#image={numbers[1]}"
    page.keyboard.press("ArrowRight")
    assert fragment(page) == f"#image={numbers[2]}"
    assert page.inner_text("#title").startswith(f"Image {numbers[2]}:")
    page.keyboard.press("Escape")
    assert not page.is_visible("#dialog")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label.startswith(f"Image {numbers[2]}:")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.focus("#next")
    page.keyboard.press("Enter")  # there is no next one
    assert fragment(page) == f"#image={numbers[-1]}"


def test_an_image_shows_maps_by_every_method_layer_and_network(page, explorer):
    opened(page, explorer)
    number = data(page)["numbers"][0]
    opened(page, f"{explorer}#image={number}")
    dialog_is_drawn(page)
    run = data(page)["runs"][0]
    first = run["groups"][0]
    expected = {
        "#pictures": 2,
        "#methods": sum(group["layer"] == first["layer"] for group in run["groups"]),
        "#layers": sum(group["method"] == first["method"] for group in run["groups"]),
        "#networks": len(data(page)["runs"]),
    }
    for place, count in expected.items():
        figures = page.locator(f"{place} figure")
        assert figures.count() == count
        assert all(figures.nth(k).bounding_box()["height"] > 50 for k in range(count))
    shares = page.locator("#probabilities .number").all_inner_texts()
    assert shares
    assert [text[0] for text in shares if "%" not in text] == []


def test_the_slider_and_the_choice_of_class_draw_anew(page, explorer):
    opened(page, f"{explorer}#correct=wrong")
    page.locator("#grid button").first.click()
    dialog_is_drawn(page)
    shown = data(page)["numbers"].index(int(fragment(page).rpartition("=")[2]))
    picture = "document.querySelectorAll('#pictures canvas')[1].toDataURL()"
    before = page.evaluate(picture)
    page.focus("#opacity")
    page.keyboard.press("End")
    assert page.inner_text("#percent") == "100%"
    opaque = page.evaluate(picture)
    page.select_option("#choice", "true")
    # No wait_for_function, which evaluates text, as the page's policy forbids.
    label = data(page)["classes"][data(page)["labels"][shown]]
    page.wait_for_selector(f"#pictures canvas[aria-label='Grad-CAM: map for {label}']")
    assert len({before, opaque, page.evaluate(picture)}) == 3
    assert "choice=true" in fragment(page)


def test_pixels_are_those_that_python_makes(page, explorer):
    """Of explorer_pixels.json, which a unit test compares with the figures' own code."""
    opened(page, explorer)
    for given in json.loads((HERE / "explorer_pixels.json").read_text()):
        found = page.evaluate(
            """(given) => {
              const { cells, h, w, rgba, width, times, alpha, colors, expected } = given;
              const height = expected.length / width / times / 3;
              const heat = heatOf(cells, h, w, height, width * times);
              return [...overlay(heat, greyOf(rgba), width, times, alpha, colors)];
            }""",
            given,
        )
        found = [value for i, value in enumerate(found) if i % 4 != 3]
        far = [abs(a - b) for a, b in zip(found, given["expected"], strict=True)]
        assert max(far) <= 4  # a value may fall on either side of a colour's border
        assert sum(one > 1 for one in far) < 0.01 * len(far)


def test_it_is_there_at_once(page, explorer):
    opened(page, explorer)
    assert page.evaluate("performance.now()") < 5000


def test_without_scripts_it_says_what_it_needs(browser, explorer):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(explorer)
    assert "needs JavaScript" in page.inner_text("main")
    assert not page.is_visible("#explorer")
    context.close()
