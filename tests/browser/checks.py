"""What must hold of every page: each check returns its findings, none if all is well."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import axe_playwright_python
from views import View

MOST_BYTES = 8_000_000
_AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
Check = Callable[[View], list[str]]


def size(view: View) -> list[str]:
    """The file is small enough to be mailed."""
    found = view.file.stat().st_size
    return [f"{found:,} bytes, more than {MOST_BYTES:,}"] if found > MOST_BYTES else []


def policy(view: View) -> list[str]:
    """A content-security policy lets nothing in."""
    return view.ask("policy")


def width(view: View) -> list[str]:
    """The page does not scroll sideways, folded or not."""
    findings = view.ask("wide", False)
    view.ask("openFolds")
    return findings or view.ask("wide", False)


def images(view: View) -> list[str]:
    """Every image has loaded."""
    return view.ask("images")


def alternatives(view: View) -> list[str]:
    """Every picture has a text of its own, which is not the name of a file."""
    view.ask("openFolds")
    return view.ask("alternatives")


def headings(view: View) -> list[str]:
    """One title, and no level left out below it."""
    view.ask("openFolds")
    return view.ask("headings")


def links(view: View) -> list[str]:
    """Every link leads somewhere: in the page, into it as a download, or to a file beside it."""
    findings = view.ask("links")
    for target in view.ask("elsewhere"):
        path = view.file.parent / unquote(urlsplit(target).path)
        if target.startswith("/") or not path.exists():
            findings.append(f"{target} is not there")
    return findings


def folds(view: View) -> list[str]:
    """Every fold opens and closes by keyboard."""
    findings = []
    view.ask("openFolds")
    for number, fold in enumerate(view.page.query_selector_all("details"), 1):
        if not fold.evaluate("fold => fold.checkVisibility()"):
            continue
        reached = fold.evaluate(
            "fold => { const one = fold.querySelector(':scope > summary'); one?.focus();"
            " return document.activeElement === one && one.tabIndex >= 0; }"
        )
        if reached:
            view.page.keyboard.press("Enter")
            reached = not fold.evaluate("fold => fold.open")
            view.page.keyboard.press("Enter")
        if not (reached and fold.evaluate("fold => fold.open")):
            findings.append(f"fold {number} does not open by keyboard")
    return findings


def accessibility(view: View) -> list[str]:
    """axe-core finds nothing, with all folds open. The page's policy must not be in force."""
    view.ask("openFolds")
    view.page.add_script_tag(path=_AXE)
    options = {"runOnly": _RULES, "resultTypes": ["violations"]}
    result = view.page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{one['id']} ({one['help']}), {len(one['nodes'])} times: {one['nodes'][0]['html'][:120]}"
        f" at {one['nodes'][0]['target']}: {one['nodes'][0]['failureSummary']}"
        for one in result["violations"]
    ]


def messages(view: View) -> list[str]:
    """Nothing is written to the console, and no exception is left uncaught."""
    return view.messages


def requests(view: View) -> list[str]:
    """The page asks for nothing but itself."""
    return view.requests


# The last two see what the others have caused.
CHECKS: tuple[Check, ...] = (
    size,
    policy,
    width,
    images,
    alternatives,
    headings,
    links,
    folds,
    messages,
    requests,
)
