"""A page on A4: what its PDF shows, and what it lost."""

import re
import unicodedata
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
from playwright.sync_api import Browser
from views import A4_WIDTH, opened

# A line under a heading is no content below it.
_THINNEST_CONTENT = 20  # in points
_CONTENT = (pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM)


def printed(browser: Browser, file: Path, target: Path) -> list[str]:
    """Print a page to a PDF of A4 and return what is wrong with it."""
    with opened(browser, file) as view:
        margins = view.ask("margins")
        target.parent.mkdir(parents=True, exist_ok=True)
        view.page.pdf(path=target, format="A4", prefer_css_page_size=True, print_background=True)
    with opened(browser, file, int(A4_WIDTH - margins), paper=True) as view:
        findings = view.ask("wide", True)
        folds, headings = view.ask("wordsOfFolds"), view.ask("printedHeadings")
    document = pypdfium2.PdfDocument(target)
    try:
        text = _letters("".join(sheet.get_textpage().get_text_range() for sheet in document))
        findings += [
            f"folded and not printed: {words.strip()[:60]}"
            for words in folds
            if _letters(words)[:40] not in text
        ]
        for number, sheet in enumerate(document, 1):
            findings += [f"sheet {number}: {finding}" for finding in _of_sheet(sheet, headings)]
    finally:
        document.close()
    return findings


def _of_sheet(sheet: pypdfium2.PdfPage, headings: list[str]) -> list[str]:
    width, _ = sheet.get_size()
    boxes = [
        one.get_bounds() for one in sheet.get_objects(max_depth=1) if _is_content(one)
    ]  # left, bottom, right, top, from the lower left corner
    findings = [
        f"something reaches to {right:.0f} of {width:.0f} points"
        for _, _, right, _ in boxes
        if right > width + 1
    ]
    return findings + _stranded(sheet, headings, boxes)


def _is_content(one: pypdfium2.PdfObject) -> bool:
    _, bottom, _, top = one.get_bounds()
    return one.type in _CONTENT or top - bottom > _THINNEST_CONTENT


def _stranded(
    sheet: pypdfium2.PdfPage, headings: list[str], boxes: list[tuple[float, ...]]
) -> list[str]:
    """Headings that are the last thing on a sheet."""
    text = sheet.get_textpage()
    lines = [line.strip() for line in text.get_text_range().splitlines() if line.strip()]
    last = _letters(lines[-1]) if lines else ""
    found = [one for one in headings if last and _letters(one).endswith(last)]
    if not found:
        return []
    edge = _lower_edge(text, lines[-1])
    followed = any(top < edge + 2 for _, _, _, top in boxes)
    return [] if followed else [f"a heading alone at its end: {found[0]}"]


def _lower_edge(text: pypdfium2.PdfTextPage, line: str) -> float:
    """Of the last place where a line stands, in points from the sheet's lower edge."""
    searcher = text.search(line, match_case=True)
    edge = 0.0
    while found := searcher.get_next():
        index, count = found
        edge = min(text.get_charbox(place)[1] for place in range(index, index + count))
    return edge


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", unicodedata.normalize("NFKC", text))
