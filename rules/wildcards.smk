# Functions of wildcards: what the rules ask the config for, and the files that they read and make.

import os
import re
from collections import Counter

from snakemake.io import IOFile

from resnetcam.settings.files import found_file, missing_file
from resnetcam.data.protocols import share_or_number
from resnetcam.settings.question import content_of, images_asked_for, model_asked_for
from resnetcam.sources.array_pairs import array_pair
from resnetcam.sources.listing import (
    TEST,
    VALIDATION,
    images_at,
    list_images,
    list_test_images,
    state_of_files,
)

# Settings by wildcards.


def only_for(datasets):
    """A constraint of the wildcard `dataset`."""
    return "|".join(map(re.escape, datasets)) or "(?!)"


def of_dataset(key, *inner):
    """A function that looks a setting of the wildcards' dataset up."""

    def setting(wildcards):
        value = catalogue.dataset(wildcards.dataset)[key]
        for name in inner:
            value = value[name]
        return value

    return setting


def settings_of_dataset(*keys):
    """Settings as one parameter: Snakemake compares parameters without their names."""
    return lambda wildcards: {key: of_dataset(key)(wildcards) for key in keys}


def gradcam_settings(*keys):
    return lambda wildcards: {key: of_dataset("gradcam", key)(wildcards) for key in keys}


def protocol_of(wildcards):
    return catalogue.experiment(wildcards.experiment)["protocol"]


def names_of_experiment(wildcards):
    experiment = catalogue.experiment(wildcards.experiment)
    return {key: experiment[key] for key in ("model", "recipe")}


def settings_of_evaluation(wildcards):
    recipe = catalogue.experiment(wildcards.experiment)["recipe_settings"]
    return {
        "protocol": protocol_of(wildcards),
        "select": recipe["select"],
        # Where training takes mirror images for the same.
        "flip": recipe["augmentation"]["flip"] != "none",
    }


def detailed_experiments(wildcards):
    return catalogue.detailed(wildcards.dataset, wildcards.get("experiment"))


def runnable_config(wildcards):
    """The config of all that a report speaks of, members of sweeps too."""
    own = wildcards.get("experiment")
    experiments = [own] if own else of_dataset("experiments")(wildcards)
    return catalogue.runnable(wildcards.dataset, experiments)


# Inputs and outputs.


def users_file(path):
    """An input that a person named in the config, on this machine whatever the storage."""
    found = found_file(path, ROOT)
    if workflow.is_main_process and not found:
        raise WorkflowError(missing_file("A file that the config names", path, ROOT))
    return local(found or path)


def is_own_export(wildcards):
    """Whether the workflow wrote a file of drawn regions, and no person did."""
    return wildcards.export == "regions" and wildcards.dataset in catalogue.drawn


def export_called(wildcards):
    """The file of drawn regions that a summary is of."""
    path = catalogue.export(wildcards.dataset, wildcards.export)
    return path if is_own_export(wildcards) else users_file(path)


def archive_source(wildcards):
    """Where an archive comes from; its `path`, of a file or a folder, as it is found."""
    source = of_dataset("archive")(wildcards)
    path = source["path"]
    return source | {"path": path and (found_file(path, ROOT, os.path.exists) or path)}


def source_of_images(wildcards):
    """The folder or table of a person's images, as it is found."""
    settings = catalogue.dataset(wildcards.dataset)
    path = settings.get("folder") or settings["table"]
    return found_file(path, ROOT, os.path.exists) or os.path.expanduser(path)


def state_of_images(wildcards):
    """Which image files there are, their sizes and times; of no use where a job runs."""
    if not workflow.is_main_process:
        return ""
    return state_of_files(images_listed(source_of_images(wildcards)))


@cache
def images_listed(source):
    with told_by_snakemake():
        return list_images(source).images


def source_of_test_set(wildcards):
    """The folder, table or array of further test images, as it is found."""
    path = catalogue.test_set(wildcards.dataset, wildcards.test_set)
    return found_file(path, ROOT, os.path.exists) or os.path.expanduser(path)


def state_of_test_set(wildcards):
    """The same of its files as of a person's images."""
    if not workflow.is_main_process:
        return ""
    source = source_of_test_set(wildcards)
    with told_by_snakemake(f"datasets.{wildcards.dataset}.test_sets.{wildcards.test_set}: "):
        pair = array_pair(source)
        return state_of_files(
            [image for path in pair for image in images_at(path)]
            if pair
            else list_test_images(source).images
        )


def new_images(wildcards):
    with told_by_snakemake():
        return images_asked_for(SETTINGS["images"])


def state_of_new_images(wildcards):
    """The same of images that are to be answered."""
    if not workflow.is_main_process:
        return ""
    with told_by_snakemake():
        return state_of_files(images_at(new_images(wildcards)))


def model_asked(wildcards):
    with told_by_snakemake():
        return model_asked_for(SETTINGS["model"])


def answers_asked_for(wildcards):
    new_images(wildcards), model_asked(wildcards)
    return f"{ANSWERS}/predictions.html"


def content_of_model(wildcards):
    """A digest of the network that answers, and of what it says it was trained on."""
    return content_of(beside_model(wildcards, "model.keras", "model.json"))


def content_of_measurements(wildcards):
    """A digest of what was measured on it."""
    return content_of(beside_model(wildcards, *MEASUREMENTS))


def beside_model(wildcards, *names):
    model = Path(model_asked(wildcards))
    return [model if name == "model.keras" else model.with_name(name) for name in names]


def images_to_train_on(wildcards):
    """How many there are, and how many of these may be held out; of files, as far as listed."""
    settings = catalogue.dataset(wildcards.dataset)
    said = Counter()
    if "train_images" in settings:
        images = settings["train_images"]
    else:
        listed = images_listed(source_of_images(wildcards))
        said.update(one.split for one in listed)
        tests = said[TEST] or share_or_number(settings["test_images"], len(listed))
        images = len(listed) - tests
    return images, said[VALIDATION] or share_or_number(settings["validation_images"], images)


def known_regions(wildcards):
    known = catalogue.has_regions(wildcards.dataset)
    return [f"results/{wildcards.dataset}/regions.csv"] if known else []


def published_history(wildcards):
    path = of_dataset("published_history")(wildcards)
    return users_file(path) if path else []


def results_of_runs(wildcards):
    """What a report shows of the runs that it looks at one by one."""
    runs = wildcards.dataset, detailed_experiments(wildcards)
    make_lost_ones_again(catalogue.shown(*runs) + catalogue.behind_report(*runs))
    return catalogue.shown(*runs)


def results_to_compare(wildcards):
    """What the table of all experiments is made of."""
    make_lost_ones_again(catalogue.behind_comparison(wildcards.dataset))
    return catalogue.compared(wildcards.dataset)


def folders_of_runs(wildcards, input):
    """The folders of the runs that a table or report shows, wherever results lie."""
    folder_and_name = map(os.path.split, input.results)
    return [folder for folder, name in folder_and_name if name == "metrics.json"]


def measured_if(is_measured, name):
    """A file of a run, of datasets that have it."""
    return lambda wildcards: f"{RUN}/{name}" if is_measured(wildcards.dataset) else []


def files_of_seeds(name):
    """A file of each run of an experiment."""
    return lambda wildcards: [
        f"{run}/{name}" for run in catalogue.runs(wildcards.dataset, [wildcards.experiment])
    ]


def files_to_explore(name):
    """A file of each run whose images one can look through."""
    return lambda wildcards: [
        f"{run}/{name}"
        for run in catalogue.runs(wildcards.dataset, catalogue.explored(wildcards.dataset))
    ]


def candidates_to_explore(wildcards):
    return [
        f"results/{wildcards.dataset}/{name}/label_candidates.csv"
        for name in catalogue.explored(wildcards.dataset)
    ]


def seeds_to_compare(wildcards):
    """The seeds of an experiment, of which there must be several."""
    return catalogue.seeds_to_compare(wildcards.experiment)


def make_lost_ones_again(files):
    """Have files made that were there and are not, also where all that was made of them is.

    Snakemake by itself makes none again that only finished ones need, and a report would lead
    nowhere. What was never made is left to it.
    """
    if workflow.is_main_process and not workflow.storage_settings.default_storage_provider:
        lost = (path for path in map(prefixed, files) if not os.path.exists(path))
        workflow.dag.forcefiles.update(
            path for path in lost if workflow.persistence.metadata(IOFile(path))
        )


def caption(name):
    """The file of a figure's caption; without one, a plain one."""
    return f"{name}.rst" if (ROOT / "report" / f"{name}.rst").is_file() else "figure.rst"


def figure(name, described_as=None):
    """An output that Snakemake's own report shows too."""
    return report(
        f"{RUN}/figures/{name}.png",
        caption=f"../report/{caption(described_as or name)}",
        category="{dataset}",
        subcategory="{experiment}",
        labels={"figure": name.replace("_", " "), "seed": "{seed}"},
    )


def figures(*names):
    """Outputs of figures: as PNG, and as SVG, which the HTML report holds."""
    return {name: figure(name) for name in names} | {
        f"{name}_svg": f"{RUN}/figures/{name}.svg" for name in names
    }
