# Before the first job: one snakemake a folder, and what there is to train.

import fcntl


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
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise WorkflowError(
            f"Another snakemake (process {lock.read().strip()}) is at work in this folder. "
            "Wait for it to end, or work in another copy of the folder."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def print_plan():
    """Say what there is to train and how long that may take at most.

    The range is that of two processor cores (docs/performance.md): 250 images/s in float32 without
    matrix units, 1,100 images/s in bfloat16 with them.
    """
    for job in workflow.dag.needrun_jobs():
        if job.rule.name != "train":
            continue
        dataset = SETTINGS["datasets"][job.wildcards.dataset]
        images = dataset["train_images"]
        if job.params.plan["protocol"] == "holdout":
            images -= dataset["validation_images"]
        epochs = job.params.plan["recipe"]["epochs"]
        fast, slow = (max(1, round(epochs * images / rate / 60)) for rate in (1100, 250))
        minutes = f"{fast} to {slow} minutes" if fast < slow else "a minute"
        logger.info(
            f"To train: {'/'.join(job.wildcards)}, {epochs} epochs of {images:,} images. On two "
            f"cores that takes about {minutes}, on a GPU far less; what was trained before is "
            "given back at once."
        )
