"""Draw a network's weights anew, part by part, and compare its maps: randomised.h5 and .json."""

from pathlib import Path

from resnetcam.workflow.network_stage import logged

from resnetcam.common.files import write_json
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.classifier import load_classifier
from resnetcam.explain.display import is_flat
from resnetcam.explain.maps import Maps, default_group, read_maps, write_maps
from resnetcam.explain.randomisation import cascade, compare, compare_with_other_images

with logged(snakemake):
    params, files = snakemake.params, snakemake.input
    default = default_group(files.maps, "true")
    trained = read_maps(files.maps, default)
    n = min(params.images, len(trained.maps))
    images, classes = DatasetReader(files.data).array("x_test")[:n], trained.class_index[:n]
    classifier = load_classifier(Path(files.model))
    groups, levels = {}, []
    for part, maps in cascade(classifier, default.layer, images, classes, default.method):
        groups[default._replace(choice=part)] = Maps(maps, classes, trained.image_index[:n])
        levels.append({"part": part, **compare(trained.maps[:n], maps)})
    write_maps(Path(snakemake.output.maps), groups)
    about = {
        "n": n,
        "compared": n - int(is_flat(trained.maps[:n]).sum()),
        "group": list(default),
        "other_image": compare_with_other_images(trained.maps[:n]),
    }
    write_json(snakemake.output.levels, about | {"levels": levels})
