# After the last job: what failed, and what is there nevertheless.


onsuccess:
    for job in workflow.dag.jobs:
        if job.rule.name == "compare":
            forget_failures(job.wildcards.dataset)


onerror:
    for dataset, jobs in jobs_by_dataset().items():
        tell_failures(dataset, jobs)


def forget_failures(dataset):
    for name in ("failures.csv", "comparison.partial.csv"):
        Path(f"results/{dataset}/{name}").unlink(missing_ok=True)


def jobs_by_dataset():
    groups = {}
    for job in workflow.dag.jobs:
        if "dataset" in job.wildcards.keys():
            groups.setdefault(job.wildcards.dataset, []).append(job)
    return groups


def tell_failures(dataset, jobs):
    """Write failures.csv and comparison.partial.csv, and say what is in them."""
    from resnetcam.comparison import write_comparison
    from resnetcam.failures import MISSING, partial_comparison, write_failures

    forget_failures(dataset)
    failures = failures_of(jobs)
    written = []
    if failures:
        written.append(f"results/{dataset}/failures.csv")
        write_failures(written[-1], failures)
    evaluations = {job.output.metrics: job for job in jobs if job.rule.name == "evaluate"}
    done = {
        folder: finished(evaluations[f"{folder}/metrics.json"])
        for folder in all_runs(dataset)
        if f"{folder}/metrics.json" in evaluations
    }
    if any(job.rule.name == "compare" and not finished(job) for job in jobs):
        written.append(f"results/{dataset}/comparison.partial.csv")
        experiments = facts_of_experiments(SETTINGS["datasets"][dataset]["experiments"])
        rows = partial_comparison(done, experiments, failures)
        write_comparison(written[-1], rows, last=MISSING)
    logger.error(told(dataset, failures, done, written))


def finished(job):
    return not workflow.dag.needrun(job) or workflow.dag.finished(job)


def failures_of(jobs):
    from resnetcam.failures import Failure, last_error

    failed = [job for job in jobs if job in failed_jobs()]
    return [
        Failure(
            job.wildcards.get("experiment", ""),
            job.wildcards.get("seed", ""),
            job.rule.name,
            str(job.log[0]),
            last_error(job.log[0]),
        )
        for job in failed
    ]


@cache
def failed_jobs():
    """The jobs that failed; of a group submitted as one, the first that left no outputs."""
    failed = set()
    for job in workflow.scheduler.failed:
        parts = [part for level in job.toposorted for part in level] if job.is_group() else [job]
        failed.add(
            next((one for one in parts if not all(map(os.path.exists, one.output))), parts[-1])
        )
    return failed


def told(dataset, failures, done, written):
    lines = [f"{dataset}: {sum(done.values())} of {len(done)} runs are trained and evaluated."]
    for failure in failures[:10]:
        run = f" {failure.experiment}/seed{failure.seed}" if failure.seed else ""
        lines += [f"Failed: {failure.stage}{run}: {failure.message}", f"  see {failure.log}"]
    if len(failures) > 10:
        lines.append(f"and {len(failures) - 10} more.")
    if written:
        lines.append(f"Written: {', '.join(written)}")
    lines.append("The same command runs what is missing, and nothing again that has succeeded.")
    return "\n".join(lines)
