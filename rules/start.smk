# Before the first job: one snakemake a folder, and what there is to train.

import os

from resnetcam.locks import try_lock


onstart:
    take_lock()
    print_plan()


def take_lock():
    """Keep a second snakemake out of this folder; the kernel lets go however this one ends.

    Snakemake's own lock survives a kill and then asks to be removed by hand (see profiles/).
    """
    global lock
    os.makedirs(".snakemake", exist_ok=True)
    lock = open(".snakemake/running", "a+")
    if not try_lock(lock):
        lock.seek(0)
        raise WorkflowError(
            f"Another snakemake is at work in this folder (process {lock.read().strip()}). "
            "Wait for it to end, or work in another copy of the folder."
        )
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def print_plan():
    """Say what there is to train and how long that may take at most.

    The range is that of two processor cores (docs/performance.md): 250 images/s in float32 without
    matrix units, 1,100 images/s in bfloat16 with them.
    """
    trainings = [job for job in workflow.dag.needrun_jobs() if job.rule.name == "train"]
    trainings.sort(key=lambda job: (-earlier_experiments_first(job.wildcards), job.wildcards))
    sizes = {"/".join(job.wildcards): images_to_train(job) for job in trainings}
    shown = 5 if len(sizes) > 6 else len(sizes)
    for name, (epochs, images) in list(sizes.items())[:shown]:
        told = f"To train: {name}, {epochs} epoch{'s' * (epochs > 1)} of {images:,} images"
        logger.info(f"{told}. On two cores that takes about {duration(epochs * images)}.")
    if len(sizes) > shown:
        total = sum(epochs * images for epochs, images in sizes.values())
        logger.info(f"and {len(sizes) - shown:,} more; all together about {duration(total)}.")
    if sizes:
        logger.info("A GPU takes far less; what was trained before is given back at once.")


def images_to_train(job):
    """The number of epochs, and of images in each."""
    dataset = SETTINGS["datasets"][job.wildcards.dataset]
    held_out = job.params.plan["protocol"] == "holdout"
    kept_back = dataset["validation_images"] if held_out else 0
    return job.params.plan["recipe"]["epochs"], dataset["train_images"] - kept_back


def duration(images):
    fast, slow = (max(1, round(images / rate / 60)) for rate in (1100, 250))
    if fast >= 120:
        return f"{round(fast / 60)} to {round(slow / 60)} hours"
    return f"{fast} to {slow} minutes" if fast < slow else "a minute"
