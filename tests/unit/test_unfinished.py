"""Pages in the place of reports that are not finished."""

import logging
import os
import re
import shutil
import time
from pathlib import Path
from zipfile import ZipInfo

from resnetcam.workflow.stage import DONE

import pytest

from resnetcam.common.files import replacing, write_json
from resnetcam.workflow import unfinished
from resnetcam.workflow.failures import Failure
from resnetcam.workflow.unfinished import (
    AwaitedReport,
    Job,
    UnfinishedReports,
    is_unfinished,
)

TEXTS = Path(__file__).parents[2] / "report"
EPOCH = (
    "epoch  3/14  rate 2.0e-02  accuracy 61.00 %, val 60.10 %  loss 1.1, val 1.2  20 s  4 min left"
)


class Folder:
    """A working directory in which a run has begun: two networks, of which nothing is done."""

    def __init__(self, path):
        self.path = path
        self.since = time.time() - 60
        self.complaints = []
        self.page = path / "results/cifar10/report.html"
        stages = [(None, "linear_baseline")]
        runs = [path / "results/cifar10/fast" / seed for seed in ("seed1", "seed2")]
        stages += [(run, stage) for stage in ("train", "evaluate") for run in runs]
        self.jobs = [self.job(run, stage) for run, stage in [*stages, (None, "report")]]

    def job(self, run, stage, needed=True):
        where = self.path / "logs" / (run.relative_to(self.path / "results") if run else "cifar10")
        benchmark = Path(str(where).replace("/logs/", "/benchmarks/")) / f"{stage}.tsv"
        return Job(stage, run, where / f"{stage}.log", benchmark, needed)

    def of(self, stage, seed):
        name = f"seed{seed}"
        return next(j for j in self.jobs if j.stage == stage and j.run and j.run.name == name)

    def log(self, job, level, message, at=None):
        job.log.parent.mkdir(parents=True, exist_ok=True)
        record = logging.LogRecord("", level, "", 0, message, None, None)
        record.created = time.time()
        form = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
        with open(job.log, "a") as file:
            file.write(form.format(record) + "\n")
        if at is not None:
            os.utime(job.log, (at, at))

    def finish(self, job, at=None):
        job.benchmark.parent.mkdir(parents=True, exist_ok=True)
        job.benchmark.write_text("s\n1\n")
        if at is not None:
            os.utime(job.benchmark, (at, at))

    def pages(self, name="cifar10"):
        report = AwaitedReport(self.page, name, tuple(self.jobs))
        return UnfinishedReports([report], self.since, TEXTS, self.complaints.append)

    def rows(self):
        """The table of networks: names, trainings, accuracies."""
        found = re.findall("<tr>(.*?)</tr>", self.page.read_text(), re.DOTALL)[1:]
        return [tuple(re.findall("<td>(.*?)</td>", row)) for row in found]

    def to_come(self):
        return re.findall("<li>(.*?)</li>", self.page.read_text().partition("Still to come")[2])


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture
def begun(folder):
    """Returns the folder's pages after the first writing; they are ended afterwards."""
    pages = folder.pages()
    pages.begin()
    yield pages
    pages.end({})


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(unfinished, "_PERIOD", 0.02)


def soon(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.usefixtures("begun")
def test_at_first_all_is_missing(folder):
    assert "0 of 6 jobs are done" in folder.page.read_text()
    assert folder.rows() == [("fast/seed1", "waits", ""), ("fast/seed2", "waits", "")]
    assert folder.to_come() == ["linear baseline", "train, 2 jobs", "evaluate, 2 jobs", "report"]


@pytest.mark.usefixtures("quick", "begun")
def test_the_page_follows_what_happens(folder):
    folder.log(folder.of("train", 1), logging.INFO, EPOCH)
    soon(lambda: "epoch 3/14" in folder.rows()[0][1])
    state = "epoch 3/14, accuracy 61.00 %, val 60.10 %, 4 min left; its last word "
    assert folder.rows()[0][1].startswith(state)

    folder.log(folder.of("train", 1), logging.INFO, DONE)
    soon(lambda: folder.rows()[0] == ("fast/seed1", "finished", ""))

    folder.finish(folder.of("train", 1))
    write_json(
        folder.of("evaluate", 1).run / "metrics.json", {"accuracy": 0.8875, "protocol": "holdout"}
    )
    folder.finish(folder.of("evaluate", 1))
    soon(lambda: folder.rows()[0] == ("fast/seed1", "finished", "88.75 %"))
    assert folder.rows()[1] == ("fast/seed2", "waits", "")
    assert "2 of 6 jobs are done" in folder.page.read_text()
    assert folder.to_come() == ["linear baseline", "train", "evaluate", "report"]


def test_what_an_earlier_run_left_says_nothing_of_this_one(folder):
    train, evaluate = folder.of("train", 1), folder.of("evaluate", 1)
    folder.log(train, logging.ERROR, "the disk is full", at=folder.since - 10)
    folder.finish(evaluate, at=folder.since - 10)
    write_json(evaluate.run / "metrics.json", {"accuracy": 0.5, "protocol": "holdout"})
    pages = folder.pages()
    pages.begin()
    pages.end({})

    assert folder.rows()[0] == ("fast/seed1", "waits", "")


def test_what_was_there_before_is_done(folder):
    run = folder.of("train", 2).run
    folder.jobs = [folder.job(job.run, job.stage, needed=job.run != run) for job in folder.jobs]
    write_json(run / "metrics.json", {"accuracy": 0.5, "protocol": "test_selected"})
    pages = folder.pages()
    pages.begin()
    pages.end({})

    assert folder.rows()[1] == ("fast/seed2", "finished", "50.00 % (test-selected)")
    assert "2 of 6 jobs are done" in folder.page.read_text()


def test_a_page_is_older_than_whatever_a_report_is_made_of(folder, begun):
    assert is_unfinished(folder.page)
    made = time.gmtime(folder.page.stat().st_mtime)
    assert made.tm_year == 1980
    ZipInfo.from_file(folder.page)  # which raises ValueError if it is too old


@pytest.mark.usefixtures("quick", "begun")
@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_report_that_was_made_is_never_written_over(folder, deleted_first):
    if deleted_first:
        folder.page.unlink()
    with replacing(folder.page) as temporary:
        temporary.write_text("the report")
    time.sleep(0.2)  # ten times as long as it takes until the next writing

    assert folder.page.read_text() == "the report"


@pytest.mark.parametrize("at", [None, unfinished._AGE])
def test_a_report_of_an_earlier_run_stays_whatever_its_time_stamp(folder, at):
    folder.page.parent.mkdir(parents=True)
    folder.page.write_text("the report")
    if at is not None:
        os.utime(folder.page, (at, at))
    pages = folder.pages()
    pages.begin()
    pages.end({"cifar10": [Failure("fast", "1", "train", "x.log", "no disk")]})

    assert folder.page.read_text() == "the report"


def test_a_page_of_an_earlier_run_is_renewed(folder):
    for _ in range(2):
        pages = folder.pages()
        pages.begin()
        pages.end({"cifar10": [Failure("fast", "1", "train", "x.log", "no disk" * 1000)]})
    assert "no disk" in folder.page.read_text()
    pages = folder.pages()
    pages.begin()

    assert "no disk" not in folder.page.read_text()
    assert folder.page.read_text().endswith("</html>\n")
    pages.end({})


@pytest.mark.parametrize("content", ["a page", ""])
def test_a_page_without_its_time_stamp_is_renewed(folder, content):
    """As copies and --touch leave it, or a kill before it was written."""
    for _ in range(2):
        pages = folder.pages()
        pages.begin()
        pages.end({"cifar10": [Failure("fast", "1", "train", "x.log", "no disk")]})
        if not content:
            folder.page.write_text("")
        os.utime(folder.page)
    pages = folder.pages()
    pages.begin()

    assert "0 of 6 jobs" in folder.page.read_text() and "no disk" not in folder.page.read_text()
    assert folder.page.stat().st_mtime < folder.since
    pages.end({})


def test_beside_the_markdown_of_a_report_there_is_no_page(folder):
    """Snakemake compares files by content: nothing would be missing, or newer."""
    folder.page.parent.mkdir(parents=True)
    folder.page.with_suffix(".md").write_text("the report")
    pages = folder.pages()
    pages.begin()
    pages.end({})

    assert not folder.page.exists() and not folder.complaints


@pytest.mark.usefixtures("quick")
def test_a_page_outlives_an_update_of_its_template(folder, tmp_path, monkeypatch):
    texts = tmp_path / "texts"
    shutil.copytree(TEXTS, texts)
    monkeypatch.setattr("test_unfinished.TEXTS", texts)
    pages = folder.pages()
    pages.begin()
    shutil.rmtree(texts)
    folder.log(folder.of("train", 1), logging.INFO, EPOCH)
    soon(lambda: "epoch 3/14" in folder.rows()[0][1])
    pages.end({})

    assert not folder.complaints


def test_a_page_that_cannot_be_made_ends_no_run(folder, tmp_path, monkeypatch):
    texts = tmp_path / "texts"
    shutil.copytree(TEXTS, texts)
    (texts / "unfinished.html.j2").write_text("{{ of_another_version }}")
    monkeypatch.setattr("test_unfinished.TEXTS", texts)
    pages = folder.pages()
    pages.begin()
    pages.end({})

    assert "UndefinedError: 'of_another_version' is undefined." in folder.complaints[0]


def test_at_the_end_it_says_what_failed_even_if_snakemake_deleted_it(folder):
    pages = folder.pages()
    pages.begin()
    folder.page.unlink()
    failure = Failure("fast", "2", "measure_maps", "logs/x.log", "a <b>bold</b> message")
    other = Failure("fast", "2", "train", "logs/y.log", "of another dataset")
    pages.end({"cifar10": [failure], "shapes": [other]})

    page = folder.page.read_text()
    assert "<strong>measure maps of fast, seed 2</strong>:\na &lt;b&gt;bold&lt;/b&gt;" in page
    assert "logs/x.log" in page and "another dataset" not in page
    assert "<script" not in page and "script-src" not in page
    assert is_unfinished(folder.page)


def test_an_experiments_page_tells_its_own_failures(folder):
    pages = folder.pages("cifar10/fast")
    pages.begin()
    names = ("fast", "published", "")
    pages.end({"cifar10": [Failure(n, "1", "train", "", f"of '{n}'") for n in names]})

    page = folder.page.read_text()
    assert "of &#39;fast&#39;" in page and "of &#39;&#39;" in page and "published" not in page


def test_finished_reports_of_experiments_are_linked(folder):
    for name in ("fast", "published", "deleted"):
        page = folder.page.parent / name / "report.html"
        page.parent.mkdir(parents=True)
        if name == "fast":
            page.write_text("a report")
    (folder.page.parent / "published/report.html").write_text("")
    (folder.page.parent / "deleted/report.html").symlink_to("nowhere")
    pages = folder.pages()
    pages.begin()
    pages.end({})

    assert not folder.complaints

    links = re.findall('href="(.*?)"', folder.page.read_text())
    assert links == ["fast/report.html"]


def test_where_a_page_cannot_be_written_the_run_goes_on(folder):
    folder.page.parent.parent.mkdir()
    folder.page.parent.write_text("a file in the place of the folder")
    pages = folder.pages()
    pages.begin()
    pages.end({})

    assert folder.complaints
    assert folder.complaints[0].startswith(f"{folder.page} cannot be written before its time: ")


def test_a_page_runs_nothing_but_what_renews_it(begun, folder):
    page = folder.page.read_text()
    assert re.search(r"script-src 'sha256-[\w+/=]+'", page)
    assert page.count("<script>") == 1 and "http" not in page.replace("http-equiv", "")
