"""Obtain dataset archives, from a local file or from mirrors, into a store addressed by content.

An archive, or a folder of files, lives in ``<store>/<sha256>/``. What is there is verified on every
use, so neither the mirrors nor the time stamps matter once it has arrived.
"""

import contextlib
import errno
import logging
import os
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import requests
import urllib3

from resnetcam.common.errors import InputError
from resnetcam.common.files import expanded, flush_to_disk, sha256_of_file
from resnetcam.common.locks import try_lock, wait_for_lock
from resnetcam.sources import official
from resnetcam.sources.layouts import CIFAR10, LAYOUTS
from resnetcam.sources.members import copy_source, sha256_if_whole, sha256_of_source

logger = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 1024
ANSWER_BUDGET = 15.0  # seconds, shared by all mirrors, until each begins to answer
PART_NAME = "download.part"

T = TypeVar("T")


@dataclass(frozen=True)
class ArchiveSource:
    """Where an archive comes from, and the SHA-256 that says that it is the right one.

    Attributes:
        urls: mirrors, http or https, in the order in which they are tried; where there are
            ``files``, of the folder that has them.
        sha256: the archive's SHA-256, or a folder's (``members.sha256_of_source``), 64 lower-case
            hex digits.
        path: a local archive or folder, used instead of the mirrors. If ``sha256`` is that of an
            official archive, whatever holds the official images will do.
        timeout: the longest wait in seconds for an answer and for the next bytes. All mirrors
            together are given 15 s to begin to answer.
        layout: one of ``LAYOUTS``.

    Raises:
        InputError: ``sha256`` is not a SHA-256, or there is neither a URL nor a path.
    """

    urls: tuple[str, ...]
    sha256: str
    path: str | None = None
    timeout: float = 15.0
    layout: str = CIFAR10

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise InputError(f"`sha256` must be 64 lower-case hex digits, not {self.sha256!r}.")
        if not self.urls and self.path is None:
            raise InputError("An archive needs `urls` to download it from, or a local `path`.")

    @property
    def file_name(self) -> str:
        """The name under which the archive is stored."""
        if self.path is None and self.files:
            name = LAYOUTS[self.layout].archives[self.sha256]
        elif self.path is None:
            name = PurePosixPath(unquote(urlsplit(self.urls[0]).path)).name
        else:
            name = os.path.basename(os.path.abspath(os.path.expanduser(self.path)))
        return name.lstrip(".") or "archive"

    @property
    def files(self) -> Mapping[str, str]:
        """SHA-256 by name, where several files are downloaded, to a folder; else nothing."""
        layout = LAYOUTS[self.layout]
        return layout.files if self.sha256 == layout.sha256 else {}


def obtain(source: ArchiveSource, store: str | Path = Path("resources/archives")) -> Path:
    """Return the path of the verified archive or folder, ``<store>/<sha256>/<name>``.

    What is in the store under the source's ``sha256`` is used without looking at ``path`` or the
    network. An interrupted download is continued by the next call, from whichever mirror answers.
    The ``<sha256>`` is another than the source's only where the local ``path`` holds the official
    images in another packing; then each call looks at ``path``, to know which.

    Raises:
        InputError: the local file or folder is missing or is not what ``sha256`` says, no mirror
            delivers the archive, or the store cannot be written to.
    """
    sha256 = source.sha256
    if archive := _find_stored(Path(store) / sha256, sha256, source.layout):
        if source.path is not None:
            logger.info("%s is there already, so `path` is not looked at.", archive)
        return archive
    if source.path is not None:
        sha256 = _check_local(source.path, sha256, source.layout)
        if archive := _find_stored(Path(store) / sha256, sha256, source.layout):
            return archive
    folder = Path(store) / sha256
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            return _obtain_into(folder, sha256, source)
    except OSError as error:
        raise InputError(_describe_storage_error(error, folder)) from error


def _obtain_into(folder: Path, sha256: str, source: ArchiveSource) -> Path:
    if archive := _find_stored(folder, sha256, source.layout):
        return archive
    archive = folder / source.file_name
    for damaged in _list_stored(folder):
        found = sha256_if_whole(damaged, source.layout)
        if source.files and damaged == archive and not found:
            continue  # some of several files have been downloaded
        found = found or "that of no whole folder"
        logger.warning("%s is damaged (its SHA-256 is %s): getting it again.", damaged, found)
    if source.path is None:
        if source.files:
            _download_files(source, archive)
        else:
            _download(source, archive)
        return archive
    copy_source(expanded(source.path), archive, source.layout)
    if sha256_if_whole(archive, source.layout) != sha256:
        raise InputError(f"`path`: {source.path} was changed while it was copied: run again.")
    return archive


def _list_stored(folder: Path) -> list[Path]:
    """Return what is in a store folder, without its ``.part`` and lock files."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if (path.is_file() or path.is_dir())
        and not path.name.startswith(".")
        and path.name != PART_NAME
    )


def _find_stored(folder: Path, sha256: str, layout: str) -> Path | None:
    stored = _list_stored(folder)
    return next((one for one in stored if sha256_if_whole(one, layout) == sha256), None)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of a store folder; the kernel releases the lock on death."""
    with open(folder / ".lock", "w") as file:
        if not try_lock(file):
            logger.info("Waiting for another process that is downloading this archive: %s", folder)
            wait_for_lock(file)
        yield


def _describe_storage_error(error: OSError, folder: Path) -> str:
    message = f"{error.filename or folder}: {error.strerror or error}."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        message += " Free some space and run again: what has been downloaded so far is kept."
    return message


def _check_local(given: str, sha256: str, layout: str) -> str:
    """Return the SHA-256 of a local archive or folder that is what ``sha256`` asks for."""
    path = expanded(given)
    is_cifar10 = sha256 in official.ARCHIVES
    # Those of pathlib raise where a folder above may not be entered, or a name is too long.
    is_folder = os.path.isdir(path)
    if os.path.exists(path) and not (is_folder or os.path.isfile(path)):
        raise InputError(  # reading a pipe might never end
            f"`path`: {path} is neither a file nor a folder, but a pipe or device. Give the "
            "location of the archive, or of a folder of its extracted files."
        )
    if is_folder and is_cifar10:  # before anything of any size is hashed
        _check_images(path)
        return sha256_of_source(path)
    try:
        found = sha256_of_source(path, layout)
    except OSError as error:
        raise InputError(
            f"`path`: cannot read {path}: {error.strerror}. Give the location of the archive, or "
            "remove `path` to download it from `urls`."
        ) from error
    except InputError as error:
        raise InputError(f"`path`: {error} Correct `path`, or get the files again.") from error
    known = LAYOUTS[layout].archives
    if found == sha256 or {found, sha256} <= known.keys():
        return found
    if is_cifar10:
        _check_images(path)
        return found
    if not is_folder and any(path.name in names for names in LAYOUTS[layout].forms):
        raise InputError(
            f"`path`: {path} is one of several files. Give their folder: expected "
            f"{LAYOUTS[layout].holds}."
        )
    raise InputError(
        f"`path`: {path} does not have the hash `sha256`.\n"
        f"  expected {sha256}\n"
        f"  found    {found}\n"
        "If this is what you mean, set `sha256` to the hash found; otherwise replace it."
    )


def _check_images(path: Path) -> None:
    """Check that the images are the official ones, however they are packed."""
    introduction = (
        f"`path`: {path} is not the official CIFAR-10, whose archive `sha256` names. (Packed in "
        "another way, or extracted, it would do.)"
    )
    try:
        is_official, deviations = official.source_compared_with_official(path)
    except InputError as error:
        remedy = "Get the official files again, or remove `path` to download them from `urls`."
        raise InputError(f"{introduction}\n  {error}\n{remedy}") from error
    if is_official:
        logger.info("%s holds the official images, by their digests.", path)
        return
    found = "".join(f"  {one}\n" for one in deviations or ["no batch in it is the official one"])
    raise InputError(
        f"{introduction}\n{found}Get the official files again. Or, if these are the images that "
        f"you mean, set `sha256` to\n  {sha256_of_source(path)}"
    )


class _MirrorError(Exception):
    """A mirror did not deliver; ``retry`` says whether a second attempt may help."""

    def __init__(self, reason: str, retry: bool = False):
        super().__init__(reason)
        self.retry = retry


def _download_files(source: ArchiveSource, folder: Path) -> None:
    """Complete a folder of several files; those that are there and right are kept."""
    folder.mkdir(exist_ok=True)
    urls = source.urls
    for name, sha256 in source.files.items():
        file = folder / name
        if file.is_file() and sha256_of_file(file) == sha256:
            continue
        addresses = tuple(f"{url.rstrip('/')}/{name}" for url in urls)
        one = replace(source, urls=addresses, sha256=sha256)
        used = _download(one, file, f"a folder of {', '.join(source.files)}")
        first = urls[addresses.index(used)]
        urls = (first, *(url for url in urls if url != first))


def _download(source: ArchiveSource, archive: Path, wanted: str = "it") -> str:
    """Download one file; return the address that it came from.

    Args:
        wanted: what `path` may name instead.
    """
    part = archive.with_name(PART_NAME)
    failures = []
    for url in source.urls:
        try:
            _download_from(url, source, part)
        except _MirrorError as error:
            if url != source.urls[-1]:
                logger.warning("%s: %s; trying the next mirror", url, error)
            failures.append(f"  {url}: {error}")
        else:
            flush_to_disk(part)
            part.replace(archive)
            flush_to_disk(archive.parent)
            logger.info("%s is complete and verified.", archive)
            return url
    raise InputError(
        "The archive could not be downloaded:\n"
        + "\n".join(failures)
        + "\nTo continue without these mirrors, get the file in another way, for example on "
        f"another machine, and either set `datasets.<name>.archive.path` to {wanted} or put it at\n"
        f"  {archive}\n"
        "Or run the built-in dataset, which needs no download: --config dataset=shapes"
    )


def _download_from(url: str, source: ArchiveSource, part: Path) -> None:
    """Complete and verify ``part`` from one mirror, with one retry."""
    for is_last in (False, True):
        try:
            return _download_once(url, source, part)
        except _MirrorError as error:
            if is_last or not error.retry:
                raise
            logger.info("%s: %s; trying once more.", url, error)


def _download_once(url: str, source: ArchiveSource, part: Path) -> None:
    offset = part.stat().st_size if part.exists() else 0
    if offset and sha256_of_file(part) == source.sha256:
        return
    response, offset = _open(url, offset, source)
    with response:
        _save(response, offset, part)
    found = sha256_of_file(part)
    if found != source.sha256:
        part.unlink()
        # The wrong bytes may be those that an earlier mirror left in the part.
        raise _MirrorError(f"wrong content: its SHA-256 is {found}", retry=offset > 0)


def _open(url: str, offset: int, source: ArchiveSource) -> tuple[requests.Response, int]:
    """Return an accepted response and the byte offset at which its body begins."""
    response = _get(url, offset, source)
    if offset and response.status_code == 206 and _range_start(response) == offset:
        logger.info("Resuming after %.1f MB.", offset / 1e6)
        return response, offset
    if offset and response.status_code in (206, 416):
        response.close()
        response = _get(url, 0, source)
    if response.status_code != 200:
        response.close()
        raise _MirrorError(f"HTTP status {response.status_code} {response.reason}".strip())
    return response, 0


def _get(url: str, offset: int, source: ArchiveSource) -> requests.Response:
    # Without "identity" a server may compress the archive once more, and ranges of that.
    headers = {"Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    limit = min(source.timeout, ANSWER_BUDGET / len(source.urls))
    try:
        with _network_errors_as_mirror_errors(retry=False):
            return _call_within(
                limit,
                lambda: requests.get(
                    url,
                    headers=headers,
                    stream=True,
                    timeout=source.timeout,
                    verify=_trusted_certificates(),
                ),
            )
    except TimeoutError:
        raise _MirrorError(f"no answer within {limit:g} s") from None


def _trusted_certificates() -> str | bool:
    """``SSL_CERT_FILE``, which requests alone does not follow; its own variables go before it."""
    path = os.environ.get("SSL_CERT_FILE")
    if not path or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE"):
        return True
    if not os.path.isfile(path):
        raise InputError(f"SSL_CERT_FILE names {path}, which is no file. Correct it, or unset it.")
    return path


def _call_within(seconds: float, function: Callable[[], T]) -> T:
    """Return the function's result, or raise ``TimeoutError`` and leave its thread behind.

    The time-outs of `requests` cover neither the name look-up nor the sum over the addresses
    of a host.
    """
    future: Future[T] = Future()

    def call() -> None:
        try:
            future.set_result(function())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    return future.result(seconds)


def _range_start(response: requests.Response) -> int | None:
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _total_bytes(response: requests.Response) -> int | None:
    """Return the size of the entire archive as the server states it."""
    text = response.headers.get("Content-Length", "")
    if response.status_code == 206:
        text = response.headers["Content-Range"].rpartition("/")[2]
    return int(text) if text.isdigit() else None


def _save(response: requests.Response, offset: int, part: Path) -> None:
    """Write a response's body to ``part`` from ``offset`` on."""
    chunks = _chunks(response)
    first = next(chunks, b"")
    if _is_html(response, first if offset == 0 else b""):
        raise _MirrorError("a web page (HTML) instead of the archive")
    progress = _Progress(response.url, offset, _total_bytes(response))
    with open(part, "ab" if offset else "wb") as file:
        chunk = first
        while chunk:
            file.write(chunk)
            progress.advance(len(chunk))
            chunk = next(chunks, b"")
    if progress.total is not None and progress.done < progress.total:
        raise _MirrorError(f"cut after {progress.done} of {progress.total} bytes", retry=True)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    with _network_errors_as_mirror_errors(retry=True):
        yield from response.raw.stream(CHUNK_BYTES, decode_content=False)


def _is_html(response: requests.Response, first_bytes: bytes) -> bool:
    content_type = response.headers.get("Content-Type", "").lower()
    start = first_bytes.lstrip()[:9].lower()
    return "html" in content_type or start.startswith((b"<!doctype", b"<html"))


@contextlib.contextmanager
def _network_errors_as_mirror_errors(retry: bool) -> Iterator[None]:
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _MirrorError(_reason(error), retry) from error


def _reason(error: BaseException) -> str:
    """Return the innermost cause in a few words: the messages of `requests` nest many."""
    while error.__context__ is not None:
        error = error.__context__
    if isinstance(error, urllib3.exceptions.IncompleteRead):
        return f"truncated {error.expected} bytes before the end"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if isinstance(error, ssl.SSLCertVerificationError):
        text = f"{error.verify_message} (SSL_CERT_FILE names certificates to trust, of a proxy too)"
    return text.splitlines()[0]


class _Progress:
    """Count the bytes of a download and log a line at every tenth of its total, if known."""

    def __init__(self, name: str, done: int, total: int | None):
        self.name = name
        self.done = done
        self.total = total
        self._begun_at = done
        self._begun = time.monotonic()
        logger.info(
            "Downloading %s (%s).", name, f"{total / 1e6:.1f} MB" if total else "size unknown"
        )

    def advance(self, size: int) -> None:
        """Count ``size`` more bytes."""
        before, self.done = self.done, self.done + size
        if not self.total or before * 10 // self.total == self.done * 10 // self.total:
            return
        speed = (self.done - self._begun_at) / max(time.monotonic() - self._begun, 1e-3)
        logger.info(
            "%s: %d%% of %.1f MB, %.0f kB/s",
            self.name,
            self.done * 10 // self.total * 10,
            self.total / 1e6,
            speed / 1e3,
        )
