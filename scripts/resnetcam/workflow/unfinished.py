"""Pages in the place of reports that are not finished: what is there, and what is missing.

No rule can write them, since they change while jobs run: the workflow does, beside its jobs. A page
lies alone where a report is two files, and is as old as a file can be: so Snakemake makes the
report in its place.
"""

import contextlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import jinja2

from resnetcam.common.errors import InputError
from resnetcam.common.files import read_json
from resnetcam.data.protocols import label
from resnetcam.report.pages import framed, templates
from resnetcam.workflow.failures import Failure
from resnetcam.workflow.status import training_in_words

_PERIOD = 10  # seconds from one writing to the next
# Seconds since 1970, of a page: 2 January 1980, as ZIP (of `--report`, too) knows no time before.
_AGE = 315_619_200
# What a page begins with, and no report does. Time stamps are lost in copies.
_MARK = "<!-- The report is not finished. -->\n"
_RENEWING = f'setInterval(() => location.hash === "#still" || location.reload(), {1000 * _PERIOD});'


@dataclass(frozen=True)
class Job:
    """What must be done before a report is.

    Attributes:
        stage: the rule.
        run: the folder of the run that it belongs to, or None.
        log: its log file.
        benchmark: the file that Snakemake writes when it has ended well.
        needed: whether it is still to be done, when Snakemake starts.
    """

    stage: str
    run: Path | None
    log: Path
    benchmark: Path
    needed: bool


@dataclass(frozen=True)
class AwaitedReport:
    """A report that is to be made.

    Attributes:
        page: where it will be; an absolute path, as all others here. Its markdown lies beside it.
        name: the dataset, or ``dataset/experiment``.
        jobs: all that it is made of, finished or not, in the order to be told.
    """

    page: Path
    name: str
    jobs: tuple[Job, ...]


class UnfinishedReports:
    """Writes a page for each report that is awaited and not there, until ``end`` or the report.

    Args:
        reports: what is awaited. A report of an earlier run stays until Snakemake replaces it.
        since: when this run began, by the clock of the file system.
        texts: the folder of the template and the style.
        complain: called with a sentence if a page cannot be written; it is then left alone.
    """

    def __init__(
        self,
        reports: Iterable[AwaitedReport],
        since: float,
        texts: Path,
        complain: Callable[[str], None],
    ) -> None:
        self._reports = list(reports)
        self._since = since
        self._texts = texts
        self._complain = complain
        self._files: dict[AwaitedReport, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_writing, daemon=True)

    def begin(self) -> None:
        """Write the pages, and go on writing them beside what else happens."""
        self._open()
        self._write(None)
        self._thread.start()

    def end(self, failures: Mapping[str, Sequence[Failure]]) -> None:
        """Say in pages whose reports were not made that Snakemake has ended.

        Args:
            failures: by dataset.
        """
        self._ended.set()
        self._thread.join()
        self._close()
        self._open()  # Snakemake deletes what a failed job left
        self._write(failures)
        self._close()

    def _open(self) -> None:
        for report in self._reports:
            with self._complaining(report):
                if not (_is_report(report.page) or report.page.with_suffix(".md").exists()):
                    report.page.parent.mkdir(parents=True, exist_ok=True)
                    self._files[report] = os.open(report.page, os.O_WRONLY | os.O_CREAT, 0o666)

    def _close(self) -> None:
        while self._files:
            os.close(self._files.popitem()[1])

    def _keep_writing(self) -> None:
        while not self._ended.wait(_PERIOD):
            self._write(None)

    @cached_property
    def _look(self) -> tuple[jinja2.Template, str]:
        """Template and style, read once: meanwhile an update may put others there."""
        style = (self._texts / name for name in ("report.css", "unfinished.css"))
        template = templates(self._texts).get_template("unfinished.html.j2")
        return template, "".join(path.read_text(encoding="utf-8") for path in style)

    def _write(self, failures: Mapping[str, Sequence[Failure]] | None) -> None:
        for report, file in list(self._files.items()):
            with self._complaining(report):
                page = _page(report, self._since, *self._look, failures)
                # Into this very file: the report itself, which takes its name, is another one.
                os.truncate(file, os.pwrite(file, page.encode("utf-8", "backslashreplace"), 0))
                os.utime(file, (_AGE, _AGE))

    @contextlib.contextmanager
    def _complaining(self, report: AwaitedReport) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # A run is worth more than a page about it.
            problem = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            self._complain(f"{report.page} cannot be written before its time: {problem}.")
            if (file := self._files.pop(report, None)) is not None:
                os.close(file)


def is_unfinished(page: Path) -> bool:
    """Say whether a file is a page of this module, not a report; or empty, as a kill leaves one."""
    with open(page, "rb") as file:
        return file.read(len(_MARK)) in (_MARK.encode(), b"")


def _is_report(page: Path) -> bool:
    """Say whether a report is there; Snakemake deletes it before it makes another one."""
    try:
        return not is_unfinished(page)
    except OSError:
        return False


def _page(
    report: AwaitedReport,
    since: float,
    template: jinja2.Template,
    style: str,
    failures: Mapping[str, Sequence[Failure]] | None,
) -> str:
    done = {job: _is_done(job, since) for job in report.jobs}
    missing = Counter(job.stage.replace("_", " ") for job in report.jobs if not done[job])
    dataset, _, experiment = report.name.partition("/")
    failed = [
        one
        for one in (failures or {}).get(dataset, ())
        if not experiment or one.experiment in ("", experiment)
    ]
    body = template.render(
        name=report.name,
        ended=failures is not None,
        period=_PERIOD,
        since=_time(since),
        now=_time(time.time()),
        n_done=sum(done.values()),
        n_jobs=len(done),
        missing=missing,
        runs=_runs(report, done, since),
        failures=failed,
        finished=_finished_reports(report),
    )
    script = "" if failures is not None else _RENEWING
    return _MARK + framed(body, f"{report.name}: not finished", style, script)


def _is_done(job: Job, since: float) -> bool:
    if not job.needed:
        return True
    try:
        return job.benchmark.stat().st_mtime >= since
    except OSError:
        return False


def _runs(
    report: AwaitedReport, done: Mapping[Job, bool], since: float
) -> list[tuple[str, str, str]]:
    """Of each run its name, how far it is, and its test accuracy as soon as that is known."""
    ready = {(job.run, job.stage) for job in report.jobs if done[job]}
    return [
        (
            "/".join(job.run.parts[-2:]),
            _training(job, done[job], since),
            _accuracy(job.run) if (job.run, "evaluate") in ready else "",
        )
        for job in report.jobs
        if job.stage == "train" and job.run
    ]


def _training(job: Job, done: bool, since: float) -> str:
    if done:
        return "finished"
    try:
        begun = job.log.stat().st_mtime >= since
        return (training_in_words(job.log) or "finished") if begun else "waits"
    except OSError:
        return "waits"


def _accuracy(run: Path) -> str:
    try:
        found = read_json(run / "metrics.json", {"accuracy": float, "protocol": str})
    except InputError as error:
        return str(error)
    return f"{100 * found['accuracy']:.2f} %{label(found['protocol'])}"


def _finished_reports(report: AwaitedReport) -> list[str]:
    """Of the experiments that have reports of their own: their names, in order of folders."""
    pages = sorted(report.page.parent.glob("*/report.html"))
    return [page.parent.name for page in pages if _is_report(page)]


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
