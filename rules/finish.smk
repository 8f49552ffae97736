# After the last job: what came out, what failed, and what is there nevertheless.

import atexit
import os
import time

from resnetcam.workflow.energy import Meter, energy_in_words

# Where results are written: --directory, if it was given.
HERE = os.getcwd()
BEGUN = time.monotonic()
METER = Meter() if WORKS and runs_jobs_here() else None


onsuccess:
    from resnetcam.workflow.failures import forget_failures

    for dataset, jobs in jobs_by_dataset().items():
        forget_failures(f"results/{dataset}", compared=bool(is_compared(jobs)))
    end_unfinished_reports({})


onerror:
    from resnetcam.workflow.failures import report_failures

    failures = {
        dataset: [failure_of(job) for job in jobs if job in failed_jobs()]
        for dataset, jobs in jobs_by_dataset().items()
    }
    for dataset, jobs in jobs_by_dataset().items():
        told = report_failures(
            f"results/{dataset}",
            failures=failures[dataset],
            finished=evaluated_runs(dataset, jobs),
            experiments=catalogue.facts(SETTINGS["datasets"][dataset]["experiments"]),
            compared=is_compared(jobs),
        )
        logger.error(told if HERE == workflow.rundir else f"In {HERE}:\n{told}")
    end_unfinished_reports(failures)


def end_unfinished_reports(failures):
    if unfinished_reports:
        unfinished_reports.end(failures)


def print_closing_words():
    """Say what came out where all is done, now or before, and how long it took if it was now.

    Of each report that was asked for; of a dataset's rather than of its experiments'.
    """
    from resnetcam.workflow.closing_words import closing_words

    if not getattr(workflow, "scheduler", None) or any(workflow.dag.needrun_jobs()):
        return
    if times := times_of_this_run():
        print(f"\n{times}", file=sys.stderr)
        if METER and (joules := METER.joules()) is not None:
            print(energy_in_words(joules), file=sys.stderr)
    for job in workflow.dag.jobs:
        if job.rule.name == "show_answers":
            page = seen_from_the_shell(job.output.page)
            print(f"\nAnswers: {page} (and predictions.csv beside it)", file=sys.stderr)
    jobs = [job for job in workflow.dag.jobs if job.rule.name in ("report", "experiment_report")]
    whole = {job.wildcards.dataset for job in jobs if job.rule.name == "report"}
    for job in jobs:
        is_told = job.rule.name == "report" or job.wildcards.dataset not in whole
        if is_told and os.path.exists(seen_from_the_shell(job.output.markdown)):
            folders = [Path(seen_from_the_shell(run)) for run in job.params.runs]
            path = Path(seen_from_the_shell(job.output.markdown))
            print(f"\n{closing_words(path, folders)}", file=sys.stderr)


def times_of_this_run():
    """How long each stage took; None if nothing ran."""
    from resnetcam.workflow.stage_times import stage_times

    ran = workflow.dag.needrun_jobs(exclude_finished=False)
    benchmarks = [
        (job.rule.name, Path(seen_from_the_shell(job.benchmark))) for job in ran if job.benchmark
    ]
    since = os.path.getmtime(seen_from_the_shell(lock.name))
    return stage_times(benchmarks, since, time.monotonic() - BEGUN)


def seen_from_the_shell(path):
    """At the end Snakemake has gone back to where it was called."""
    return os.path.relpath(os.path.join(HERE, path))


def jobs_by_dataset():
    groups = {}
    for job in workflow.dag.jobs:
        if "dataset" in job.wildcards.keys():
            groups.setdefault(job.wildcards.dataset, []).append(job)
    return groups


def is_done(job):
    return not workflow.dag.needrun(job) or workflow.dag.finished(job)


def is_compared(jobs):
    """Whether the comparison was made; None if nobody asked for it."""
    comparisons = [job for job in jobs if job.rule.name == "compare"]
    return all(map(is_done, comparisons)) if comparisons else None


def evaluated_runs(dataset, jobs):
    """The folders of the runs that were to be evaluated, and whether they are."""
    evaluations = {job.output.metrics: job for job in jobs if job.rule.name == "evaluate"}
    return {
        folder: is_done(evaluations[f"{folder}/metrics.json"])
        for folder in catalogue.runs(dataset)
        if f"{folder}/metrics.json" in evaluations
    }


@cache
def failed_jobs():
    """The jobs that failed; of a group submitted as one, the first that left no outputs."""
    failed = set()
    for job in workflow.scheduler.failed:
        parts = [part for level in job.toposorted for part in level] if job.is_group() else [job]
        incomplete = (part for part in parts if not all(map(os.path.exists, part.output)))
        failed.add(next(incomplete, parts[-1]))
    return failed


def failure_of(job):
    from resnetcam.workflow.failures import Failure, last_error

    run = [job.wildcards.get(name, "") for name in ("experiment", "seed")]
    log = str(job.log[0])
    # Both by the clock of this file system, which may not be this machine's.
    since = os.path.getmtime(lock.name)
    return Failure(*run, job.rule.name, log, last_error(log, since))


if WORKS:
    # Snakemake calls nothing of a workflow after its own last words.
    atexit.register(print_closing_words)
