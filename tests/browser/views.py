"""A page in Chromium: opened in one width and colour scheme, watched, photographed, printed."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, Route

WIDTHS = (360, 768, 1280)
SCHEMES = ("light", "dark")
A4_WIDTH = 210 / 25.4 * 96  # in px
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_IN_PAGE = (Path(__file__).parent / "in_page.js").read_text()
_HEIGHT = 800
_LONGEST_WAIT = 120_000  # in ms, for machines with much to do
_TALLEST_PICTURE = 8000  # in px; beyond 16,384 Chromium repeats what it has drawn


@dataclass
class View:
    """An open page.

    Attributes:
        file, page: the file, and where it is open.
        messages: errors and warnings of the console, and exceptions that nobody caught.
        requests: addresses that the page asked for, its own and those inside of it left out.
        seconds: from the request to the load event.
    """

    file: Path
    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def ask(self, function: str, *arguments: object) -> list[str]:
        """Call a function of in_page.js."""
        return self.page.evaluate(f"(given) => {_IN_PAGE}.{function}(...given)", [*arguments])


def chromium() -> str:
    """Return the path of the browser: ``CHROMIUM``, or the first on the search path.

    Raises:
        FileNotFoundError: There is none.
    """
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if not found:
        raise FileNotFoundError(
            f"CHROMIUM={named} is no program: name the path of a Chromium."
            if named
            else "There is no Chromium to test pages in: install it (Debian: apt-get install "
            "chromium), or name its path: make test-browser CHROMIUM=/path/to/chromium"
        )
    return found


def launch(playwright: Playwright) -> Browser:
    """Start the system's browser, without a window."""
    return playwright.chromium.launch(executable_path=chromium(), headless=True)


@contextmanager
def opened(
    browser: Browser,
    file: Path,
    width: int = 1280,
    scheme: str = "light",
    *,
    policy: bool = True,
    paper: bool = False,
) -> Iterator[View]:
    """Open a file in a window of its own; whatever else it asks for is refused.

    Args:
        width: of the window in px.
        scheme: light or dark.
        policy: whether the page's content-security policy is in force.
        paper: whether it is laid out as on paper.
    """
    context = browser.new_context(
        viewport={"width": width, "height": _HEIGHT},
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=not policy,
    )
    try:
        context.set_default_timeout(_LONGEST_WAIT)
        page = context.new_page()
        view = View(file, page)
        address = file.resolve().as_uri()

        def answer(route: Route) -> None:
            if route.request.url == address:
                route.continue_()
            else:
                route.abort()

        context.route("**/*", answer)
        context.on("request", lambda request: _note_request(view, request.url, address))
        page.on("console", lambda message: _note_message(view, message.type, message.text))
        page.on("pageerror", lambda error: view.messages.append(f"exception: {error}"))
        if paper:
            page.emulate_media(media="print")
        begin = time.perf_counter()
        page.goto(address, wait_until="load")
        view.seconds = time.perf_counter() - begin
        yield view
    finally:
        context.close()


def _note_request(view: View, url: str, address: str) -> None:
    if url.split("#")[0] != address and not url.startswith(("data:", "blob:")):
        view.requests.append(url)


def _note_message(view: View, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        view.messages.append(f"{kind}: {text}")


def photograph(view: View, target: Path) -> None:
    """Write pictures of the whole page, in parts if it is tall: <target>-1.png and so on."""
    target.parent.mkdir(parents=True, exist_ok=True)
    width, height = view.page.evaluate(
        "[document.documentElement.clientWidth, document.documentElement.scrollHeight]"
    )
    for number, top in enumerate(range(0, height, _TALLEST_PICTURE), 1):
        part = {"x": 0, "y": top, "width": width, "height": min(_TALLEST_PICTURE, height - top)}
        path = target.with_name(f"{target.name}-{number}.png")
        view.page.screenshot(path=path, full_page=True, clip=part)
