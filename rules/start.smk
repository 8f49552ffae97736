# Before the first job: one snakemake a folder, and what there is to train.

import fcntl
import os


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
    """Say what there is to train and how long that may take.

    The range is that of two processor cores in float32 without (250 images/s) and in bfloat16
    with matrix units (1,100 images/s), as measured: see docs/performance.md.
    """
    dataset = SETTINGS["datasets"][DATASET]
    for name in dataset["experiments"]:
        experiment = SETTINGS["experiments"][name]
        missing = [f for f in runs(DATASET, name) if not os.path.exists(f"{f}/model.keras")]
        if not missing:
            continue
        images = dataset["train_images"]
        if experiment["protocol"] == "holdout":
            images -= dataset["validation_images"]
        epochs = SETTINGS["recipes"][experiment["recipe"]]["epochs"]
        slow, fast = (len(missing) * epochs * images / rate / 60 for rate in (250, 1100))
        logger.info(
            f"To train: {name} on {DATASET}, {len(missing)} x {epochs} epochs of {images:,} images: "
            f"about {fast:.0f} to {slow:.0f} minutes on two cores, far less on a GPU."
        )
