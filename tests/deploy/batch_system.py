#!/usr/bin/env python3
"""A stand-in for Grid Engine, PBS and LSF: takes the commands that the profile gives them.

Called as qsub, bsub, qstat, qacct, bjobs, qdel or bkill. A job runs in the background at once; its
number is that of its folder under ``$BATCH_SYSTEM``, where its arguments and exit status lie.
``$BATCH_KIND`` says which of the three it plays.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER, KIND = Path(os.environ["BATCH_SYSTEM"]), os.environ["BATCH_KIND"]


def submit(arguments):
    job = FOLDER / str(101 + len(list(FOLDER.iterdir())))
    job.mkdir()
    (job / "arguments.json").write_text(json.dumps(arguments))
    code = f"setsid --wait sh '{arguments[-1]}' > '{job}/output' 2>&1; echo $? > '{job}/status'"
    nothing = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    process = subprocess.Popen(["sh", "-c", code], start_new_session=True, **nothing)
    (job / "process").write_text(str(process.pid))
    sentences = {"pbs": f"{job.name}.server", "lsf": f"Job <{job.name}> is submitted to a queue."}
    print(sentences.get(KIND, job.name))


def state(number):
    """None for a job that nobody knows, else "" while it runs, then its exit status."""
    job = FOLDER / number.removesuffix(".server")
    if not job.is_dir():
        return None
    return (job / "status").read_text().strip() if (job / "status").exists() else ""


def tell(text):
    if text is None:
        sys.exit("no such job")
    print(text)


def qstat(arguments):
    status = state(arguments[-1])
    if KIND == "pbs" and status is not None:
        done = f"F\n    Exit_status = {status}" if status else "R"
        return tell(f"Job Id: {arguments[-1]}\n    job_state = {done}")
    return tell("job_number: 1" if arguments[0] == "-j" and status == "" else None)


def qacct(arguments):
    status = state(arguments[-1])
    tell(f"failed       0\nexit_status  {status}" if status else None)


def bjobs(arguments):
    status = state(arguments[-1])
    tell({None: None, "": "RUN", "0": "DONE"}.get(status, "EXIT"))


def cancel(arguments):
    for number in arguments:
        os.killpg(int((FOLDER / number / "process").read_text()), 15)


if __name__ == "__main__":
    name, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    submitting = {"qsub": submit, "bsub": submit, "qdel": cancel, "bkill": cancel}
    (submitting | {"qstat": qstat, "qacct": qacct, "bjobs": bjobs})[name](arguments)
