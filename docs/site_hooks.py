"""The pages as a site (`make docs`): the same files, with links that lead out of docs/ followed.

README.md is the index. A page links to the files of the repository by relative paths, as on GitHub;
here a file that is linked is copied into the site, and the link leads to the copy.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
FRONT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
COPIES = "repository"
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|[#/])([^)#\s]+)")


def on_config(config: MkDocsConfig) -> None:
    """List every page: the index, those of docs/, and the others that lie beside docs/."""
    index, *others = FRONT.values()
    config.nav = [index, *sorted(path.name for path in (ROOT / "docs").glob("*.md")), *others]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie beside docs/, and a copy of each file that a page links to."""
    front = [_generated(config, place, name) for name, place in FRONT.items()]
    pages = {place: name for name, place in FRONT.items()}
    pages |= {file.src_uri: f"docs/{file.src_uri}" for file in files.documentation_pages()}
    copied = sorted({path for name in pages.values() for path in _links(name) if _is_outside(path)})
    copies = [_generated(config, f"{COPIES}/{path}", path) for path in copied]
    return Files([*files, *front, *copies])


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Let every relative link lead from the page's place in the site."""
    source = {place: name for name, place in FRONT.items()}
    name = source.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    start = posixpath.dirname(page.file.src_uri)

    def followed(link: re.Match[str]) -> str:
        path = _path(name, link[1])
        # Where nothing is, the link stays, and mkdocs names it.
        return posixpath.relpath(_place(path), start) if _is_file(path) else link[1]

    return _LINK.sub(followed, markdown)


def _links(name: str) -> list[str]:
    """The files of the repository that a page links to."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [_path(name, link) for link in _LINK.findall(text)]


def _path(name: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), link))


def _is_outside(path: str) -> bool:
    return path not in FRONT and not path.startswith("docs/") and _is_file(path)


def _is_file(path: str) -> bool:
    return not path.startswith("..") and (ROOT / path).is_file()


def _place(path: str) -> str:
    """Where a file of the repository lies in the site."""
    if path in FRONT:
        return FRONT[path]
    return f"{COPIES}/{path}" if _is_outside(path) else path.removeprefix("docs/")


def _generated(config: MkDocsConfig, place: str, name: str) -> File:
    return File.generated(config, place, abs_src_path=str(ROOT / name))
