"""The scripts of the network's stages in one process, with a single backend to be imported.

``backend_stages.py <backend> <data.h5> <folder> [<script> ...]`` trains, evaluates and explains,
or runs the scripts that are named. If ``stopped`` is, it trains: in bfloat16, and then, in calls of
one step, into the second epoch.
"""

import contextlib
import functools
import os
import runpy
import signal
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from small_recipe import AFFINE, RECIPE

SCRIPTS = Path(__file__).parents[2] / "scripts"
PLAN = {
    "model": {"family": "resnet_v1", "depth": 8},
    "recipe": RECIPE | {"augmentation": RECIPE["augmentation"] | {"affine": AFFINE}},
    "protocol": "holdout",
    "seed": 1,
}
CLASSES = ["g"]
GRADCAM = {
    "layers": ["final", "stage2_block1_conv1"],
    "methods": ["gradcam", "layercam"],
    "images": 4,
}


class Without(MetaPathFinder):
    """Lets no module of these packages be found, as where they are not installed."""

    def __init__(self, *packages):
        self.packages = packages

    def find_spec(self, fullname, path=None, target=None):
        if fullname.split(".")[0] in self.packages:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


class Named(list):
    """Files or settings by name and in order, as Snakemake gives them."""

    def __init__(self, **items):
        super().__init__(map(str, items.values()))
        self.__dict__.update(items)


def stages(backend, data, folder):
    """Return a function that runs a script on the files in ``folder``."""
    files = {
        "model": "model.keras",
        "description": "model.json",
        "history": "history.csv",
        "run": "run.json",
        "predictions": "predictions.h5",
        "confusions": "confusions.csv",
        "classes": "classes.csv",
        "mistakes": "mistakes.csv",
        "metrics": "metrics.json",
        "choices": "class_choices.json",
        "maps": "gradcam.h5",
    }
    names = {
        "train": (["model", "description", "history", "run"], {"state": str(folder / "state")}),
        "evaluate": (
            ["predictions", "confusions", "classes", "mistakes", "metrics"],
            {"settings": {"protocol": "holdout", "select": "last", "flip": True}},
        ),
        "choose_classes": (["choices"], {"classes": CLASSES}),
        "explain": (["maps"], {"settings": GRADCAM | {"classes": CLASSES}}),
    }

    def run(script, precision="float32"):
        made, params = names[script]
        paths = {name: str(folder / file) for name, file in files.items()}
        snakemake = SimpleNamespace(
            rule=script,
            scriptdir=str(SCRIPTS),
            wildcards=["colours", "tiny", "1"],
            log=[str(folder / f"{script}.log")],
            threads=2,
            input=Named(data=str(data), **paths),
            output=Named(**{name: paths[name] for name in made}),
            params=SimpleNamespace(
                plan=PLAN,
                backend=backend,
                precision=precision,
                code={"computes": "c", "writes": "w"},
                device="cpu",
                deployment={"file": f"envs/{backend}.yaml", "pins": {}, "folder": None},
                **params,
            ),
        )
        # As in a process of its own, where the backend starts before Keras is imported.
        sys.modules["__main__"].snakemake = snakemake
        runpy.run_path(str(SCRIPTS / f"{script}.py"), init_globals={"snakemake": snakemake})

    return run


def stop(run):
    """Ask the training to stop in the first step of its second epoch."""
    from resnetcam.training import loop, session

    calls = []

    def build(*arguments):
        machinery = loop.build(*arguments)
        steps = machinery.trainer.run

        def stopping(*arguments):
            calls.append(len(arguments[0]))
            if len(calls) == 4:
                os.kill(os.getpid(), signal.SIGTERM)
            return steps(*arguments)

        machinery.trainer.run = stopping
        return machinery

    pace = session.Pace(seconds_a_cpu_call=0)
    train = functools.partial(session.train, pace=pace, build=build)
    with mock.patch.object(session, "train", train), contextlib.suppress(SystemExit):
        run("train")
    assert calls == [1] * 4, "the training was not stopped in its fourth step"


if __name__ == "__main__":
    backend, data, folder, *scripts = sys.argv[1:]
    other = {"tensorflow": ["jax", "jaxlib"], "jax": ["tensorflow"]}[backend]
    sys.meta_path.insert(0, Without(*other))
    sys.path.insert(0, str(SCRIPTS))
    run = stages(backend, Path(data), Path(folder))
    from resnetcam.backends import runtime

    runtime._HARMLESS_XLA_FLAGS += ("--xla_backend_optimization_level=",)
    if scripts == ["stopped"]:
        runtime.start(backend, "cpu", "float32", 2)
        half = Path(folder) / "bfloat16"
        half.mkdir()
        stages(backend, Path(data), half)("train", "bfloat16")
        stop(run)
    else:
        for script in scripts or ("train", "evaluate", "choose_classes", "explain"):
            run(script)
    assert not {name.split(".")[0] for name in sys.modules} & set(other)
