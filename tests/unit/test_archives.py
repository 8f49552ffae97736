"""Archives from local files and from mirrors, all of them on the loopback interface."""

import contextlib
import errno
import hashlib
import http.server
import logging
import multiprocessing
import re
import shutil
import socket
import threading
import time
from dataclasses import replace

import pytest

from resnetcam.common.errors import InputError
from resnetcam.sources import archives
from resnetcam.sources.archives import ArchiveSource, obtain
from resnetcam.sources.layouts import IDX_TEST, IDX_TRAIN, LAYOUTS, sha256_of_listing

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HTML = b"<!DOCTYPE html><title>Sign in</title>"


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves ``content`` the way the mirror's attributes say, and records the Range headers."""

    def do_GET(self):
        mirror = self.server.mirror
        mirror.ranges.append(self.headers.get("Range"))
        time.sleep(mirror.delay)
        start = self._start()
        if mirror.contents is not None:
            mirror.content = mirror.contents.get(self.path.rpartition("/")[2])
        if mirror.status != 200 or mirror.content is None:
            return self.send_error(mirror.status if mirror.status != 200 else 404)
        if start >= len(mirror.content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        if start:
            first = start + mirror.range_shift
            self.send_header(
                "Content-Range", f"bytes {first}-{len(mirror.content) - 1}/{len(mirror.content)}"
            )
        self.send_header("Content-Type", mirror.content_type)
        body = mirror.content[start:][: mirror.range_bytes if start else None]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if mirror.cuts:
            body = body[: mirror.cuts.pop(0)]
        for position in range(0, len(body), mirror.piece):
            self.wfile.write(body[position : position + mirror.piece])
            time.sleep(mirror.pause)

    def _start(self):
        match = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
        return int(match[1]) if match and self.server.mirror.has_ranges else 0

    def log_message(self, *arguments):
        """Say nothing."""


class Mirror:
    """A local server; the attributes set its behaviour and may be changed at any time."""

    def __init__(self, url, **behaviour):
        self.url = url
        self.content = CONTENT
        self.contents = None  # by name, in place of one content for every address
        self.content_type = "application/gzip"
        self.status = 200
        self.has_ranges = True
        self.range_shift = 0  # by which the answered range begins too late
        self.range_bytes = None  # the longest range that is answered
        self.cuts = []  # bytes after which the connection is closed, one a request
        self.delay = 0  # seconds before the answer
        self.piece = len(CONTENT)
        self.pause = 0  # seconds after each piece
        self.ranges = []
        vars(self).update(behaviour)


@pytest.fixture
def serve():
    with contextlib.ExitStack() as stack:

        def start(**behaviour):
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            server.mirror = Mirror(f"http://127.0.0.1:{server.server_port}/a.tar.gz", **behaviour)
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return server.mirror

        yield start


@pytest.fixture(autouse=True)
def direct_connections(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


def source_of(*mirrors, **settings):
    return ArchiveSource(tuple(mirror.url for mirror in mirrors), SHA256, **settings)


def write_part(store, content):
    part = store / SHA256 / archives.PART_NAME
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    return part


def closed_url():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{server.getsockname()[1]}/a.tar.gz"


def test_a_download_is_stored_under_its_hash_and_name(serve, tmp_path):
    archive = obtain(source_of(serve()), tmp_path)
    assert archive == tmp_path / SHA256 / "a.tar.gz"
    assert archive.read_bytes() == CONTENT
    assert not (archive.parent / archives.PART_NAME).exists()


def test_a_stored_archive_needs_neither_network_nor_local_file(serve, tmp_path):
    mirror = serve()
    first = obtain(source_of(mirror), tmp_path)
    elsewhere = ArchiveSource((closed_url(),), SHA256, path="/absent")
    assert obtain(elsewhere, tmp_path) == first
    assert obtain(source_of(mirror), tmp_path) == first
    assert len(mirror.ranges) == 1


def test_a_stored_archive_is_found_in_a_read_only_store(tmp_path, monkeypatch):
    (tmp_path / SHA256).mkdir()
    (tmp_path / SHA256 / "brought-by-hand.tar.gz").write_bytes(CONTENT)
    monkeypatch.setattr(archives, "_locked", None)
    archive = obtain(ArchiveSource((closed_url(),), SHA256), tmp_path)
    assert archive.name == "brought-by-hand.tar.gz"


def test_a_damaged_stored_archive_is_reported_and_fetched_again(serve, tmp_path, caplog):
    source = source_of(serve())
    archive = obtain(source, tmp_path)
    archive.write_bytes(CONTENT[:-1] + b"?")
    assert obtain(source, tmp_path).read_bytes() == CONTENT
    assert "a.tar.gz is damaged" in caplog.text


def test_a_local_file_is_copied_and_the_mirrors_left_alone(serve, tmp_path):
    local = tmp_path / "mine.tar.gz"
    local.write_bytes(CONTENT)
    mirror = serve()
    archive = obtain(source_of(mirror, path=str(local)), tmp_path / "store")
    assert archive == tmp_path / "store" / SHA256 / "mine.tar.gz"
    assert archive.read_bytes() == CONTENT
    assert mirror.ranges == []


def test_a_missing_local_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"`path`: cannot read .*absent.*No such file"):
        obtain(ArchiveSource((), SHA256, path=str(tmp_path / "absent")), tmp_path)


def test_a_local_file_with_another_hash_is_refused_with_both_hashes(tmp_path):
    local = tmp_path / "other.tar.gz"
    local.write_bytes(b"other")
    with pytest.raises(InputError) as caught:
        obtain(ArchiveSource((), SHA256, path=str(local)), tmp_path / "store")
    for expected in (SHA256, hashlib.sha256(b"other").hexdigest(), "`path`", "set `sha256`"):
        assert expected in str(caught.value)


@pytest.mark.parametrize("sha256", ["", "abc", SHA256.upper(), "../" + SHA256[3:]])
def test_a_malformed_hash_is_refused(sha256):
    with pytest.raises(InputError, match="64 lower-case hex digits"):
        ArchiveSource(("http://127.0.0.1/a",), sha256)


def test_a_source_without_url_and_path_is_refused():
    with pytest.raises(InputError, match="`urls`"):
        ArchiveSource((), SHA256)


def test_a_cut_transfer_is_resumed_once_from_the_same_mirror(serve, tmp_path):
    mirror = serve(cuts=[300_000])
    assert obtain(source_of(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.ranges == [None, "bytes=300000-"]


def test_a_twice_cut_transfer_is_continued_by_the_next_mirror(serve, tmp_path):
    first, second = serve(cuts=[300_000, 200_000]), serve()
    assert obtain(source_of(first, second), tmp_path).read_bytes() == CONTENT
    assert (len(first.ranges), second.ranges) == (2, ["bytes=500000-"])


def test_a_cut_transfer_is_continued_by_the_next_run(serve, tmp_path):
    mirror = serve(cuts=[300_000, 200_000])
    with pytest.raises(
        InputError, match=f"truncated {len(CONTENT) - 500_000} bytes before the end"
    ):
        obtain(source_of(mirror), tmp_path)
    assert obtain(source_of(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.ranges[-1] == "bytes=500000-"


def test_a_mirror_without_ranges_starts_again(serve, tmp_path):
    write_part(tmp_path, CONTENT[:1000])
    mirror = serve(has_ranges=False)
    assert obtain(source_of(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.ranges == ["bytes=1000-"]


def test_a_complete_part_is_taken_without_a_request(serve, tmp_path):
    write_part(tmp_path, CONTENT)
    mirror = serve()
    assert obtain(source_of(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.ranges == []


def test_a_part_that_is_too_long_starts_again_after_status_416(serve, tmp_path):
    write_part(tmp_path, CONTENT + b"more")
    mirror = serve()
    assert obtain(source_of(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.ranges == [f"bytes={len(CONTENT) + 4}-", None]


def test_a_range_that_begins_elsewhere_starts_again(serve, tmp_path):
    write_part(tmp_path, CONTENT[:1000])
    mirror = serve(range_shift=1)
    assert obtain(source_of(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.ranges == ["bytes=1000-", None]


def test_a_range_that_ends_early_is_continued(serve, tmp_path):
    write_part(tmp_path, CONTENT[:1000])
    mirror = serve(range_bytes=600_000)
    assert obtain(source_of(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.ranges == ["bytes=1000-", "bytes=601000-"]


def test_a_spoiled_part_is_dropped_and_the_mirror_asked_again(serve, tmp_path):
    write_part(tmp_path, b"?" * 1000)
    mirror = serve()
    assert obtain(source_of(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.ranges == ["bytes=1000-", None]


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ({"status": 404}, "HTTP status 404 Not Found"),
        ({"status": 500}, "HTTP status 500 Internal Server Error"),
        ({"content": b"wrong"}, "wrong content: its SHA-256 is [0-9a-f]{64}"),
        ({"content": HTML}, "a web page"),
        ({"content_type": "text/html; charset=utf-8"}, "a web page"),
        ({"delay": 1}, "no answer within 0.3 s|timed out"),
        ({"cuts": [9, 9]}, "truncated [0-9]+ bytes before the end"),
        ({"piece": 9, "pause": 1}, "timed out"),
    ],
)
def test_a_mirror_that_fails_gives_way_to_the_next(serve, tmp_path, caplog, behaviour, reason):
    bad, good = serve(**behaviour), serve()
    assert obtain(source_of(bad, good, timeout=0.3), tmp_path).read_bytes() == CONTENT
    assert re.search(f"{re.escape(bad.url)}: ({reason})", caplog.text)


def test_a_refused_connection_gives_way_to_the_next_mirror(serve, tmp_path):
    source = ArchiveSource((closed_url(), serve().url), SHA256)
    assert obtain(source, tmp_path).read_bytes() == CONTENT


def test_a_web_page_does_not_cost_the_part(serve, tmp_path):
    part = write_part(tmp_path, CONTENT[:1000])
    with pytest.raises(InputError, match="a web page"):
        obtain(source_of(serve(content=HTML, has_ranges=False)), tmp_path)
    assert part.read_bytes() == CONTENT[:1000]


def test_a_slow_mirror_is_not_abandoned_while_bytes_flow(serve, tmp_path):
    mirror = serve(piece=len(CONTENT) // 10, pause=0.1)
    assert obtain(source_of(mirror, timeout=0.4), tmp_path).read_bytes() == CONTENT
    assert mirror.ranges == [None]


def test_one_message_says_what_happened_at_each_mirror_and_how_to_go_on(serve, tmp_path):
    missing, page, refusing = serve(status=404), serve(content=HTML), closed_url()
    urls = (missing.url, page.url, refusing, "http://no-such-host.invalid/a", "ftp://127.0.0.1/a")
    with pytest.raises(InputError) as caught:
        obtain(ArchiveSource(urls, SHA256), tmp_path)
    lines = str(caught.value).splitlines()
    assert [line.strip().partition(": ")[0] for line in lines[1:6]] == list(urls)
    assert all(len(line) < 150 for line in lines[1:6])
    assert lines[3].endswith("Connection refused")
    for way in ("archive.path", f"{SHA256}/a.tar.gz", "--config dataset=shapes"):
        assert way in "\n".join(lines[6:])


def test_mirrors_that_never_answer_share_one_budget(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ANSWER_BUDGET", 0.6)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        with pytest.raises(InputError) as caught:
            obtain(ArchiveSource((url,) * 6, SHA256, timeout=2), tmp_path)
    assert str(caught.value).count("no answer within 0.1 s") == 6


def test_a_name_look_up_that_hangs_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ANSWER_BUDGET", 0.2)
    given_up = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: given_up.wait())
    with pytest.raises(InputError, match="no answer within"):
        obtain(ArchiveSource(("http://host.invalid/a",), SHA256), tmp_path)
    given_up.set()


def test_progress_is_logged_at_every_tenth(serve, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    obtain(source_of(serve()), tmp_path)
    percents = re.findall(r": (\d+)% of 1\.0 MB, \d+ kB/s", caplog.text)
    assert percents == [str(percent) for percent in range(10, 101, 10)]


def test_a_full_disk_is_reported_and_keeps_the_part(serve, tmp_path, monkeypatch):
    part = write_part(tmp_path, CONTENT[:1000])

    def fail(self, size):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archives._Progress, "advance", fail)
    with pytest.raises(InputError, match=r"No space left on device.*Free some space"):
        obtain(source_of(serve(), serve()), tmp_path)
    assert part.stat().st_size >= 1000
    monkeypatch.undo()
    assert obtain(source_of(serve()), tmp_path).read_bytes() == CONTENT


def test_a_full_disk_during_a_copy_leaves_no_file(tmp_path, monkeypatch):
    local = tmp_path / "mine.tar.gz"
    local.write_bytes(CONTENT)

    def fail(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", fail)
    with pytest.raises(InputError, match="No space left on device"):
        obtain(ArchiveSource((), SHA256, path=str(local)), tmp_path / "store")
    assert archives._list_stored(tmp_path / "store" / SHA256) == []


def obtain_in_process(url, store, log):
    logging.basicConfig(filename=log, level=logging.INFO)
    obtain(ArchiveSource((url,), SHA256), store)


def test_two_processes_download_once_and_the_second_says_that_it_waits(serve, tmp_path):
    mirror = serve(piece=len(CONTENT) // 10, pause=0.4)
    context = multiprocessing.get_context("spawn")
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    processes = [
        context.Process(target=obtain_in_process, args=(mirror.url, tmp_path / "store", log))
        for log in logs
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20)
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(mirror.ranges) == 1
    assert sum("Waiting for another process" in log.read_text() for log in logs) == 1


def test_a_users_certificates_are_trusted(tmp_path, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    certificates = tmp_path / "site.pem"
    certificates.touch()
    asked = []

    def get(url, **options):
        asked.append(options["verify"])
        raise archives.requests.exceptions.SSLError("a certificate")

    monkeypatch.setattr(archives.requests, "get", get)
    source = ArchiveSource(("https://mirror.invalid/a.tar.gz",), SHA256)
    for value in ("", str(certificates)):
        monkeypatch.setenv("SSL_CERT_FILE", value)
        with pytest.raises(InputError, match="a certificate"):
            obtain(source, tmp_path / "store")
    assert asked == [True, str(certificates)]

    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    with pytest.raises(InputError, match=r"SSL_CERT_FILE names .*nowhere\.pem, which is no file"):
        obtain(source, tmp_path / "store")


FILES = {f"{name}.gz": name.encode() * 999 for name in (*IDX_TRAIN, *IDX_TEST)}
LISTING = sha256_of_listing({n: hashlib.sha256(c).hexdigest() for n, c in FILES.items()})
PLAIN = sha256_of_listing(
    {name: hashlib.sha256(name.encode()).hexdigest() for name in (*IDX_TRAIN, *IDX_TEST)}
)


@pytest.fixture
def mnist(monkeypatch):
    """Four small files that are the official ones in this test; returns a source of them."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    official = replace(LAYOUTS["mnist"], files=digests, archives={LISTING: "mnist", PLAIN: "mnist"})
    monkeypatch.setitem(LAYOUTS, "mnist", official)

    def source(*mirrors, **settings):
        urls = tuple(mirror.url.rpartition("/")[0] for mirror in mirrors)
        return ArchiveSource(urls, LISTING, layout="mnist", **settings)

    return source


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_several_files_are_downloaded_to_one_folder(serve, tmp_path, mnist):
    mirror = serve(contents=FILES)
    folder = obtain(mnist(mirror), tmp_path)
    assert folder == tmp_path / LISTING / "mnist"
    assert contents(folder) == FILES
    assert obtain(mnist(path="/absent"), tmp_path) == folder
    assert len(mirror.ranges) == 4


def test_an_interrupted_download_of_several_files_goes_on(serve, tmp_path, mnist, caplog):
    second = list(FILES)[1]
    mirror = serve(contents={name: FILES[name] for name in list(FILES)[:1]})
    with pytest.raises(InputError, match=f"(?s){second}: HTTP status 404.*a folder of train-im"):
        obtain(mnist(mirror), tmp_path)
    part = tmp_path / LISTING / "mnist" / archives.PART_NAME
    part.write_bytes(FILES[second][:500])
    mirror.contents, mirror.ranges = FILES, []
    assert contents(obtain(mnist(mirror), tmp_path)) == FILES
    assert mirror.ranges == ["bytes=500-", None, None]
    assert "damaged" not in caplog.text


def test_a_damaged_one_of_several_files_is_fetched_again(serve, tmp_path, mnist, caplog):
    mirror = serve(contents=FILES)
    folder = obtain(mnist(mirror), tmp_path)
    (folder / list(FILES)[2]).write_bytes(b"?")
    assert contents(obtain(mnist(mirror), tmp_path)) == FILES
    assert len(mirror.ranges) == 5
    assert "mnist is damaged" in caplog.text


def test_the_mirror_that_had_the_first_file_is_asked_first_for_the_others(serve, tmp_path, mnist):
    empty, mirror = serve(contents={}), serve(contents=FILES)
    obtain(mnist(empty, mirror), tmp_path)
    assert (len(empty.ranges), len(mirror.ranges)) == (1, 4)


def test_of_one_of_several_files_the_folder_is_asked_for(tmp_path, mnist):
    name = next(iter(FILES))
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputError, match=f"{name} is one of several files. Give their folder"):
        obtain(mnist(path=str(tmp_path / name)), tmp_path / "store")


def test_one_of_several_files_with_wrong_content_is_refused(serve, tmp_path, mnist):
    name = list(FILES)[3]
    mirror = serve(contents=FILES | {name: b"other"})
    with pytest.raises(InputError, match=f"{name}: wrong content"):
        obtain(mnist(mirror), tmp_path)


@pytest.mark.parametrize("is_plain", [False, True])
def test_a_local_folder_of_the_official_files_is_copied(tmp_path, mnist, is_plain):
    files = {name.removesuffix(".gz"): name.removesuffix(".gz").encode() for name in FILES}
    given = files if is_plain else FILES
    (tmp_path / "raw").mkdir()
    for name, content in (given | {"note.txt": b"hello"}).items():
        (tmp_path / "raw" / name).write_bytes(content)
    folder = obtain(mnist(path=str(tmp_path)), tmp_path / "store")
    assert folder == tmp_path / "store" / (PLAIN if is_plain else LISTING) / tmp_path.name
    assert contents(folder) == given


def test_a_local_folder_of_other_files_is_refused_with_its_hash(tmp_path, mnist):
    other = dict.fromkeys(FILES, b"other")
    for name, content in other.items():
        (tmp_path / name).write_bytes(content)
    digest = hashlib.sha256(b"other").hexdigest()
    found = sha256_of_listing(dict.fromkeys(FILES, digest))
    with pytest.raises(InputError, match=f"(?s)does not have the hash.*found    {found}"):
        obtain(mnist(path=str(tmp_path)), tmp_path / "store")


def test_another_official_packing_of_cifar100_does(tmp_path, monkeypatch):
    official = replace(LAYOUTS["cifar100"], archives={"0" * 64: "a.tar.gz", SHA256: "b.tar.gz"})
    monkeypatch.setitem(LAYOUTS, "cifar100", official)
    (tmp_path / "b.tar.gz").write_bytes(CONTENT)
    source = ArchiveSource((), "0" * 64, path=str(tmp_path / "b.tar.gz"), layout="cifar100")
    assert obtain(source, tmp_path / "store") == tmp_path / "store" / SHA256 / "b.tar.gz"
