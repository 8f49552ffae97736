"""What the checked config says, looked up by the names in the paths of results."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, NoReturn

from resnetcam.common.errors import InputError
from resnetcam.common.names import nearest
from resnetcam.explain.class_choices import extra_choices
from resnetcam.report.figure_names import CLASS_PAGES, FIGURES
from resnetcam.settings.files import is_of_files
from resnetcam.settings.runnable import runnable_config

RUN = "results/{dataset}/{experiment}/seed{seed}"

_OF_A_RUN = ("model.keras", "gradcam.h5", "randomised.h5")
_OF_A_DATASET = (
    *("source.json", "images.tar.gz", "regions.csv", "data.h5", "images.json"),
    *("baseline.json", "baseline.h5", "comparison.csv", "comparison.png"),
    "comparison.svg",
)
_OF_A_CRATE = (
    *("source.json", "data.h5", "images.json", "baseline.json"),
    *("comparison.csv", "comparison.png"),
)
_KINDS = ("csv", "json", "png", "svg")
_OF_DATA_AND_MAPS = (
    *("draw_seed", "side", "fit", "unreadable", "twins"),
    *("train_images", "test_images", "validation_images", "split_seed"),
    *("strict_regions", "gradcam", "shift", "test_sets"),
)


class Catalogue:
    """Datasets, experiments and runs of a config; paths are relative to the working directory.

    Args:
        settings: as ``load_config`` returns them.

    Attributes:
        archived, drawn: names of the datasets that come from an archive or are drawn.
        of_files: names of those that are a person's image files.
        annotated: names of those whose regions a person drew.
    """

    def __init__(self, settings: Mapping[str, Any]):
        self._settings = settings
        self._datasets = settings["datasets"]
        self.archived = [name for name, one in self._datasets.items() if "archive" in one]
        self.drawn = [name for name, one in self._datasets.items() if "draw_seed" in one]
        self.of_files = [name for name, one in self._datasets.items() if is_of_files(one)]
        by_hand = self.archived + self.of_files
        self.annotated = [name for name in by_hand if self._datasets[name]["regions"]]
        self._priorities = {
            (name, experiment): number
            for name, one in self._datasets.items()
            for number, experiment in enumerate(reversed(one["experiments"]), 1)
        }

    def dataset(self, name: str) -> Mapping[str, Any]:
        """Return a dataset's settings; an ``InputError`` names the nearest if there is none."""
        found: Mapping[str, Any] = _called("dataset", name, self._datasets)
        return found

    def experiment(self, name: str) -> Mapping[str, Any]:
        """Return an experiment's settings; an ``InputError`` names the nearest if there is none."""
        found: Mapping[str, Any] = _called("experiment", name, self._settings["experiments"])
        return found

    def plan(self, experiment: str, seed: str) -> dict[str, Any]:
        """Return what a run trains."""
        one = self.experiment(experiment)
        return {
            "model": self._settings["models"][one["model"]],
            "recipe": one["recipe_settings"],
            "protocol": one["protocol"],
            "seed": int(seed),
        }

    def priority(self, dataset: str, experiment: str) -> int:
        """Return a priority that is higher for earlier experiments of a dataset; 0 for others."""
        return self._priorities.get((dataset, experiment), 0)

    def runs(self, dataset: str, experiments: Iterable[str] | None = None) -> list[str]:
        """Return the folders of a dataset's runs, of these or all experiments, in their order."""
        names = self.dataset(dataset)["experiments"] if experiments is None else experiments
        return [
            RUN.format(dataset=dataset, experiment=name, seed=seed)
            for name in names
            for seed in self.experiment(name)["seeds"]
        ]

    def detailed(self, dataset: str, experiment: str | None = None) -> list[str]:
        """Return the experiments that a report looks at one by one.

        Its own experiment; or, for a dataset's report, all but the members of sweeps.
        """
        return [experiment] if experiment else self.dataset(dataset)["detailed"]

    def explored(self, dataset: str) -> list[str]:
        """Return the experiments whose images one can look through: those in its report.

        An ``InputError`` if there are members of sweeps alone.
        """
        names = self.detailed(dataset)
        if not names:
            raise InputError(
                f"Dataset {dataset} has no explorer.html: its experiments are members of sweeps "
                f"alone. Name one in datasets.{dataset}.experiments."
            )
        return names

    def is_explored(self, dataset: str, experiment: str | None = None) -> bool:
        """Whether the images of a report's experiments can be looked through, all of them."""
        names = self.detailed(dataset, experiment)
        return bool(names) and set(names) <= set(self.dataset(dataset)["detailed"])

    def facts(self, experiments: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return what a table says of experiments, of these and no others."""
        keys = ("model", "recipe", "protocol", "sweep", "overrides")
        return {name: {key: self.experiment(name)[key] for key in keys} for name in experiments}

    def data_and_maps(self, dataset: str) -> dict[str, Any]:
        """Return what a report says of the numbers' origin beside what each run's own file does."""
        settings = self.dataset(dataset)
        return {key: settings[key] for key in _OF_DATA_AND_MAPS if key in settings}

    def runnable(self, dataset: str, experiments: Sequence[str]) -> str:
        """Return the config that makes a report's results again, as YAML."""
        return runnable_config(self._settings, dataset, experiments)

    def has_regions(self, dataset: str) -> bool:
        """Say whether the regions of objects are known, so that maps can be scored by them."""
        return dataset in self.drawn or dataset in self.annotated

    def class_choices(self, dataset: str) -> str:
        """Return the file that says that a dataset has the classes which maps are to explain."""
        choices = json.dumps(self.dataset(dataset)["gradcam"]["classes"])
        digest = hashlib.sha256(choices.encode()).hexdigest()[:8]
        return f"results/{dataset}/class_choices/{digest}.json"

    def other_classes(self, dataset: str) -> list[str]:
        """Return the classes that get a figure of their own; an ``InputError`` if none is named."""
        classes = extra_choices(self.dataset(dataset)["gradcam"]["classes"])
        if not classes:
            raise InputError(
                f"Dataset {dataset} has no figure gradcam_classes: its gradcam.classes names no "
                "class beside `predicted` and `true`."
            )
        return classes

    def measures_shift(self, dataset: str) -> bool:
        """Say whether test images are corrupted."""
        return bool(self.dataset(dataset)["shift"]["images"])

    def corrupted_images(self, dataset: str) -> int:
        """Return how many test images are corrupted; an ``InputError`` if it is none."""
        if not self.measures_shift(dataset):
            raise InputError(
                f"Dataset {dataset} has no corrupted images: its shift.images is 0. Set how many "
                "test images are to be corrupted, such as 500."
            )
        return int(self.dataset(dataset)["shift"]["images"])

    def test_set(self, dataset: str, name: str) -> str:
        """Return where a further test set lies; an ``InputError`` if there is none."""
        return str(_called(f"test set of {dataset}", name, self.dataset(dataset)["test_sets"]))

    def has_test_sets(self, dataset: str) -> bool:
        """Say whether there are further test sets."""
        return bool(self.dataset(dataset)["test_sets"])

    def test_sets(self, dataset: str) -> list[str]:
        """Return the files of the further test sets; an ``InputError`` if there is none."""
        names = self.dataset(dataset)["test_sets"]
        if not names:
            raise InputError(
                f"Dataset {dataset} has no further test sets. Name some under "
                f"datasets.{dataset}.test_sets (docs/images.md)."
            )
        return [f"results/{dataset}/test_sets/{name}.h5" for name in names]

    def seeds_to_compare(self, experiment: str) -> list[int]:
        """Return an experiment's seeds; an ``InputError`` if there is one alone."""
        seeds: list[int] = self.experiment(experiment)["seeds"]
        if len(seeds) < 2:
            raise InputError(
                f"Experiment {experiment} has one seed, so no maps can be compared between seeds. "
                f"Give it more: experiments.{experiment}.seeds: [1, 2]."
            )
        return seeds

    def exports(self, dataset: str) -> dict[str, str]:
        """Return files of drawn regions by the names of their summaries, as the config has them.

        ``regions`` are those that score maps.
        """
        settings = self.dataset(dataset)
        others = {PurePath(path).stem: path for path in settings["annotations"]}
        if dataset in self.annotated:
            return {"regions": settings["regions"]} | others
        if dataset in self.drawn:
            return {"regions": f"results/{dataset}/regions.csv"} | others
        return others

    def export(self, dataset: str, name: str) -> str:
        """Return the file that a summary is of; an ``InputError`` if there is none."""
        files = self.exports(dataset)
        if name not in files:
            hint = nearest(name, files)
            raise InputError(f"Dataset {dataset} has no annotations called {name!r}{hint}.")
        return files[name]

    def summaries(self, dataset: str, *kinds: str) -> list[str]:
        """Return the summaries of all exports: ``json`` files, ``png`` or ``svg`` figures."""
        names = self.exports(dataset)
        return [f"results/{dataset}/annotations/{name}.{kind}" for name in names for kind in kinds]

    def targets(self, dataset: str) -> list[str]:
        """Return what is made of a dataset by itself.

        Its report; where there are several experiments, each one's too, which is there as soon as
        that one has finished. A page to look through the images, cards, summaries, a kit to draw.
        """
        settings = self.dataset(dataset)
        folders = [f"results/{dataset}"]
        if len(settings["experiments"]) > 1:
            folders += [f"results/{dataset}/{name}" for name in settings["explained"]]
        files = [f"{folder}/report.{kind}" for folder in folders for kind in ("md", "html")]
        files += [f"results/{dataset}/explorer.html"] * bool(settings["detailed"])
        files += _in_folders(self.runs(dataset, settings["explained"]), ["README.md"])
        files += self.summaries(dataset, "png")
        kit = [f"results/{dataset}/annotate/README.txt"]
        return files + (kit if settings["annotate_images"] else [])

    def compared(self, dataset: str) -> list[str]:
        """Return what the table of all experiments is made of."""
        names = ("metrics.json", "run.json", "history.csv", "predictions.h5")
        return _in_folders(self.runs(dataset), names)

    def shown(self, dataset: str, experiments: Sequence[str]) -> list[str]:
        """Return what a report shows of the experiments that it looks at one by one."""
        names = ["metrics.json", "run.json", "history.csv", "predictions.h5"]
        names += ["confusions.csv", "classes.csv", "mistakes.csv"]
        names += [f"figures/{name}.{kind}" for name in FIGURES for kind in ("png", "svg")]
        names += [f"figures/{name}.png" for name in CLASS_PAGES]
        if extra_choices(self.dataset(dataset)["gradcam"]["classes"]):
            names += ["figures/gradcam_classes.png", "figures/gradcam_classes.svg"]
        names += ["faithfulness.json", "randomisation.json"]
        names += ["localisation.json"] * self.has_regions(dataset)
        if self.measures_shift(dataset):
            names += ["shift.json", "shift.csv", "figures/shift.png", "figures/shift.svg"]
        names += ["test_sets.json"] * self.has_test_sets(dataset)
        folders = [f"results/{dataset}/{experiment}" for experiment in experiments]
        files = _in_folders(self.runs(dataset, experiments), names)
        files += _in_folders(folders, [f"label_candidates.{kind}" for kind in _KINDS])
        compared = [
            folder
            for folder, experiment in zip(folders, experiments, strict=True)
            if len(self.experiment(experiment)["seeds"]) > 1
        ]
        return files + _in_folders(compared, [f"agreement.{kind}" for kind in _KINDS])

    def crated(self, dataset: str) -> list[str]:
        """Return what a crate lists: all that was asked for, and what that was made of."""
        files = [path for path in self.targets(dataset) if "/annotate/" not in path]
        files += _in_folders([f"results/{dataset}"], _OF_A_CRATE)
        files += [f"results/{dataset}/regions.csv"] * self.has_regions(dataset)
        explained = self.dataset(dataset)["explained"]
        files += _in_folders(self.runs(dataset), ("model.keras", "model.json"))
        files += [*self.compared(dataset), *self.shown(dataset, explained)]
        files += _in_folders(self.runs(dataset, explained), ("gradcam.h5", "randomised.h5"))
        return list(dict.fromkeys([*files, *self.summaries(dataset, "json")]))

    def refuse(self, experiment: str, name: str, known: Sequence[str]) -> NoReturn:
        """Raise the ``InputError`` of a file that runs do not have, or of an unknown experiment."""
        self.experiment(experiment)
        hint = nearest(name, known)
        raise InputError(f"A run has no file {name!r}{hint}. It has: {', '.join(known)}")

    def behind_comparison(self, dataset: str) -> list[str]:
        """Return what was made on the way to a comparison: it is not missed once there is one."""
        return _in_folders(self.runs(dataset), ("model.keras",))

    def behind_report(self, dataset: str, experiments: Iterable[str]) -> list[str]:
        """Return what was made on the way to a report, of runs and of the dataset."""
        of_a_run = (*_OF_A_RUN, *["shift.h5"] * self.measures_shift(dataset))
        files = _in_folders(self.runs(dataset, experiments), of_a_run)
        files += _in_folders([f"results/{dataset}"], _OF_A_DATASET)
        files += self.test_sets(dataset) if self.has_test_sets(dataset) else []
        return files + self.summaries(dataset, "json", "png", "svg")


def names_below(part: str, paths: Iterable[str]) -> list[str]:
    """Return what stands in paths behind the last place where ``part`` stands."""
    return sorted({path.rpartition(part)[2] for path in paths if part in path})


def _called(kind: str, name: str, known: Mapping[str, Any]) -> Any:
    if name not in known:
        raise InputError(f"The config has no {kind} {name!r}{nearest(name, known)}.")
    return known[name]


def _in_folders(folders: Iterable[str], names: Sequence[str]) -> list[str]:
    return [f"{folder}/{name}" for folder in folders for name in names]
