# Before the first job: what there is to train, and how long that may take.

import atexit

from resnetcam.report.config_files import report_to_be_replaced
from resnetcam.common.wording import duration_between
from resnetcam.data.protocols import holds_out
from resnetcam.networks.workload import images_of_resnet20
from resnetcam.workflow.unfinished import AwaitedReport, Job, UnfinishedReports

# Images/s of ResNet20 v1 on two processor cores: in bfloat16 with matrix units, and in float32 with
# AVX2 alone beside other work, validation included (README.md, docs/performance.md).
RATES = {"tensorflow": (1100, 140), "jax": (250, 45)}[BACKEND]

# Fewer of them hardly teach a network anything, whatever the images.
FEW_STEPS = 150

# Written from the start to the end of a run that makes reports.
unfinished_reports = None


onstart:
    for line in plan_of_trainings():
        logger.info(line)
    for line in replaced_reports():
        logger.warning(line)
    if not workflow.touch:
        global unfinished_reports
        unfinished_reports = UnfinishedReports(
            awaited_reports(), os.path.getmtime(lock.name), ROOT / "report", logger.warning
        )
        unfinished_reports.begin()


def print_plan():
    if workflow._dag is not None:
        for line in (*plan_of_trainings(), *replaced_reports()):
            print(line)


def plan_of_trainings():
    """Say what there is to train and how long that may take on two processor cores."""
    trainings = [
        job for job in workflow.dag.needrun_jobs(exclude_finished=False) if job.rule.name == "train"
    ]
    trainings.sort(key=lambda job: (-earlier_experiments_first(job.wildcards), job.wildcards))
    shown = 5 if len(trainings) > 6 else len(trainings)
    for job in trainings[:shown]:
        name = RUN.format(**dict(job.wildcards.items()))
        epochs = job.params.plan["recipe"]["epochs"]
        plural, images = "s" * (epochs > 1), f"{images_of_an_epoch(job):,} images"
        yield (
            f"To train: {name}, {epochs} epoch{plural} of {images}.\n"
            f"  On two cores that takes about {duration([job])}."
        )
        if (steps := steps_of(job)) < FEW_STEPS:
            yield (
                f"  These are only {steps:,} steps, in which a network learns little: set more epochs "
                "or a smaller batch_size (docs/images.md, The network)."
            )
    if len(trainings) > shown:
        total = duration(trainings)
        yield f"and {len(trainings) - shown:,} more; all together about {total}."
    if trainings:
        yield "Finished trainings are restored at once. Times on a GPU are not estimated."


def replaced_reports():
    """Name reports of another configuration: this run writes over them."""
    for job in workflow.dag.needrun_jobs(exclude_finished=False):
        if job.rule.name in ("report", "experiment_report"):
            if replaced := report_to_be_replaced(job.output.markdown, CALL["config_files"]):
                yield replaced


def awaited_reports():
    """The reports that are to be made, each with all that it is made of."""
    needed = set(workflow.dag.needrun_jobs(exclude_finished=False))
    for job in needed:
        if job.rule.name in ("report", "experiment_report"):
            jobs = workflow.dag.bfs(workflow.dag.dependencies, job)
            parts = [part_of_report(part, part in needed) for part in jobs if part.benchmark]
            rules = [rule.name for rule in workflow.rules]
            # An experiment that the dataset does not list can be asked for by its path.
            only = [job.wildcards.experiment] if job.rule.name == "experiment_report" else None
            folders = map(Path, catalogue.runs(job.wildcards.dataset, only))
            runs = [None, *map(Path.absolute, folders)]
            parts.sort(key=lambda part: (rules.index(part.stage), runs.index(part.run)))
            page = Path(job.output.html).absolute()
            yield AwaitedReport(page, "/".join(job.wildcards), tuple(parts))


def part_of_report(job, is_needed):
    wildcards = dict(job.wildcards.items())
    is_of_run = {"dataset", "experiment", "seed"} <= wildcards.keys()
    return Job(
        stage=job.rule.name,
        run=Path(RUN.format(**wildcards)).absolute() if is_of_run else None,
        log=Path(job.log[0]).absolute(),
        benchmark=Path(job.benchmark).absolute(),
        needed=is_needed,
    )


def images_of_an_epoch(job):
    images, held_out = images_to_train_on(job.wildcards)
    return images - held_out * holds_out(job.params.plan["protocol"])


def steps_of(job):
    recipe = job.params.plan["recipe"]
    return recipe["epochs"] * -(-images_of_an_epoch(job) // recipe["batch_size"])


def side_of(job):
    return SETTINGS["datasets"][job.wildcards.dataset]["side"]


def duration(trainings):
    images = sum(
        images_of_resnet20(job.params.plan, images_of_an_epoch(job), side_of(job))
        for job in trainings
    )
    return duration_between(*(images / rate for rate in RATES))


if workflow.is_main_process and workflow.output_settings.dryrun:
    # Snakemake calls nothing of a workflow whose run is only planned.
    atexit.register(print_plan)
