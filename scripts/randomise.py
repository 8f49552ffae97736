"""Draw a network's weights anew, part by part, and compare its maps: randomised.h5 and .json."""

from pathlib import Path

from resnetcam.backends import runtime
from resnetcam.dataset import DatasetReader
from resnetcam.files import write_json
from resnetcam.intervals import mean_with_interval
from resnetcam.maps import Maps, default_group, read_maps, write_maps
from resnetcam.stage import logged

with logged(snakemake):
    params, files = snakemake.params, snakemake.input
    runtime.start(params.backend, params.device, "float32", snakemake.threads)
    from resnetcam import evaluation
    from resnetcam.randomisation import cascade, rank_correlations

    default = default_group(files.maps, "true")
    trained = read_maps(files.maps, default)
    n = min(params.images, len(trained.maps))
    images, classes = DatasetReader(files.data).array("x_test")[:n], trained.class_index[:n]
    classifier = evaluation.load_classifier(Path(files.model))
    groups, levels = {}, []
    for part, maps in cascade(classifier, default.layer, images, classes, default.method):
        groups[default._replace(choice=part)] = Maps(maps, classes, trained.image_index[:n])
        correlations = rank_correlations(trained.maps[:n], maps)
        levels.append({"part": part, "correlation": mean_with_interval(correlations)})
    write_maps(Path(snakemake.output.maps), groups)
    write_json(snakemake.output.levels, {"n": n, "group": list(default), "levels": levels})
