"""Snakemake and stages whose imports were made before: processes forked from one that made them.

What runs is the same program, with its own arguments, environment, folder and process; only the
packages of others that it imports are there already, which takes most of the seconds of a plan
and of a stage that needs TensorFlow. The workflow's own library is imported anew each time.

``prepared.py serve KIND SOCKET`` makes the imports of a kind and forks a process for each request;
``prepared.py ask SOCKET PROGRAM ARGUMENTS`` has one run a program, as ``python PROGRAM ARGUMENTS``.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

IMPORTS = {
    "snakemake": [
        "snakemake.cli",
        "snakemake.benchmark",
        "snakemake.report.html_reporter",
        "h5py",
        "jsonschema",
        "pandas",
        "requests",
        "smart_open",
    ],
    "stage": [
        "h5py",
        "requests",
        "tensorflow",
        "keras",
        "pandas",
        "jinja2",
        "markdown_it",
        "PIL.Image",
        "matplotlib.backends.backend_agg",  # after Keras, which would use it
        "matplotlib.figure",
    ],
}
# As stages set it before they make these imports themselves.
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": os.devnull,
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OPENBLAS_NUM_THREADS": "1",
}


# Names the interpreter that the program takes for its own, if it is not this one.
INTERPRETER = "PREPARED_INTERPRETER"


class Server:
    """A process of a kind (a key of ``IMPORTS``) that others are forked from.

    It ends when the process ends that made it.
    """

    def __init__(self, kind):
        self._folder = Path(tempfile.mkdtemp(prefix="prepared-"))
        self._socket = self._folder / "socket"
        self._process = subprocess.Popen(
            [sys.executable, __file__, "serve", kind, self._socket],
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        while not self._socket.exists():
            assert self._process.poll() is None, f"the process with the imports of {kind} ended"
            time.sleep(0.02)

    def command(self, *arguments):
        """What does as ``python ARGUMENTS``, ``PROGRAM ...`` or ``-m MODULE ...``, would do."""
        return [sys.executable, "-IS", __file__, "ask", str(self._socket), *arguments]

    def interpreter(self):
        """The same as a program that takes the arguments."""
        path = self._folder / "python"
        if not path.exists():
            path.write_text(f'#!/bin/sh\nexec {shlex.join(self.command())} "$@"\n')
            path.chmod(0o755)
        return str(path)


def serve(kind, path):
    """Fork a process for each connection; return what it is to run, in that process."""
    for name in IMPORTS[kind]:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # so that a collection writes to no memory that is shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{path}.new")
    listener.listen(64)
    os.rename(f"{path}.new", path)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            return _receive(connection)
        connection.close()
    shutil.rmtree(os.path.dirname(path))
    sys.exit()


def _receive(connection):
    """In a process for one request: fork the program's, and wait for it."""
    text, files, *_ = socket.recv_fds(connection, 1 << 20, 3)
    while not text.endswith(b"\n"):
        text += connection.recv(1 << 20)
    program = os.fork()
    if program:
        return _keep(program, connection)
    connection.close()
    os.setsid()  # a program that ends its process group ends no more than itself
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    return json.loads(text)


def _keep(program, connection):
    """Pass signals on and the status back; a program whose asker is gone is ended."""
    ended = os.pidfd_open(program)
    while ended not in select.select([ended, connection], [], [])[0]:
        signals = connection.recv(64)
        for signum in signals:
            os.kill(program, signum)
        if not signals:
            os.killpg(program, signal.SIGKILL)
            break
    _, status = os.waitpid(program, 0)
    with contextlib.suppress(OSError):
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}".encode())
    os._exit(0)


def run(arguments, environment, folder):
    """Do as ``python ARGUMENTS`` does, and end this process."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    tempfile.tempdir = None
    sys.executable = os.environ.pop(INTERPRETER, sys.executable)
    status = 0
    try:
        _run(arguments, folder)
    except SystemExit as end:
        status = _status(end.code)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # taking all imports down again would last longer than most programs


def _run(arguments, folder):
    if arguments[0] == "-m":
        sys.argv, sys.path[0] = arguments[1:], folder
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = arguments, os.path.dirname(os.path.abspath(arguments[0]))
        runpy.run_path(arguments[0], run_name="__main__")


def _status(code):
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    print(code, file=sys.stderr)
    return 1


def ask(path, *arguments):
    """Have the server run a program with this process's files, folder and environment."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    request = json.dumps([arguments, dict(os.environ), os.getcwd()]) + "\n"
    socket.send_fds(connection, [request.encode()], [0, 1, 2])
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda number, _: connection.sendall(bytes([number])))
    status = int(connection.recv(16))
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        sys.exit(ask(*sys.argv[2:]))
    run(*serve(*sys.argv[2:]))
