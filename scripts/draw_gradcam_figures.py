"""Draw where the network looks, and how far that can be trusted."""

from resnetcam.workflow.stage import logged

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import FAITHFULNESS, RANDOMISATION
from resnetcam.data.dataset import DatasetReader
from resnetcam.explain.maps import default_group, group_names, read_maps
from resnetcam.report.figure_names import CLASS_PAGES
from resnetcam.report.figures import examples, side_by_side, trust
from resnetcam.report.figures.class_pages import class_page
from resnetcam.report.figures.explained import read_explained
from resnetcam.report.figures.overlays import Look
from resnetcam.report.titles import title

with logged(snakemake):
    files, output, settings = snakemake.input, snakemake.output, snakemake.params.settings
    look = Look(settings["colormap"], settings["overlay"])
    data = DatasetReader(files.data)
    labels, names = data.array("y_test"), data.class_names
    explained = read_explained(data, files.predictions, files.maps, next(iter(files.regions), None))

    default = default_group(files.maps, "predicted")
    true = read_maps(files.maps, default._replace(choice="true"))
    examples.correct_examples(output.gradcam_correct, explained, names, look)
    examples.misclassified_examples(output.gradcam_misclassified, explained, names, look)
    examples.confidently_wrong(output.gradcam_confidently_wrong, explained, names, look)
    side_by_side.class_means(
        output.gradcam_class_means, labels, true, data.image_shape[:2], names, look.colormap
    )
    groups = [name for name in group_names(files.maps) if name.choice == "predicted"]
    by_layer = {
        name.layer: read_maps(files.maps, name)
        for name in reversed(groups)
        if name.method == default.method
    }
    by_method = {
        title(name.method): read_maps(files.maps, name)
        for name in groups
        if name.layer == default.layer
    }
    side_by_side.side_by_side(output.gradcam_layers, explained, by_layer, names, look)
    side_by_side.side_by_side(output.gradcam_methods, explained, by_method, names, look)

    for index, page in enumerate(CLASS_PAGES):
        class_page(output[page], index, explained, names, look)

    trust.faithfulness_curves(output.faithfulness, read_json(files.faithfulness, FAITHFULNESS))
    randomised = read_json(files.randomisation, RANDOMISATION)
    cascade = [read_maps(files.randomised, name).maps for name in group_names(files.randomised)]
    trust.randomisation_cascade(output.randomisation, explained, randomised, cascade, names, look)
