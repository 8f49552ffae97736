"""Draw the built-in dataset in CIFAR-10's binary layout, and the regions of its objects."""

from resnetcam.workflow.stage import logged

from resnetcam.common.files import sha256_of_file, write_json
from resnetcam.regions.conventions import LABEL_ATTRIBUTE, annotation_scale
from resnetcam.regions.export import Region
from resnetcam.regions.on_images import image_name
from resnetcam.regions.via_files import write_csv
from resnetcam.sources import shapes
from resnetcam.sources.cifar import write_archive
from resnetcam.sources.layouts import CIFAR10

with logged(snakemake):
    settings = snakemake.params.settings
    drawing = shapes.draw(settings["train_images"], settings["test_images"], settings["draw_seed"])
    write_archive(snakemake.output.images, drawing.images)
    regions = []
    for index, outline in enumerate(drawing.test_outlines):
        name = drawing.images.class_names[drawing.images.y_test[index]]
        x, y = (outline * annotation_scale(shapes.SIDE)).round(1).T.tolist()
        geometry = {"all_points_x": tuple(x), "all_points_y": tuple(y)}
        regions.append(
            Region(
                image_name(index, name), "polygon", geometry, {LABEL_ATTRIBUTE: name}, index + 2, 0
            )
        )
    write_csv(snakemake.output.regions, regions)
    write_json(
        snakemake.output.source,
        {
            "path": snakemake.output.images,
            "sha256": sha256_of_file(snakemake.output.images),
            "origin": "drawn",
            "layout": CIFAR10,
        },
    )
