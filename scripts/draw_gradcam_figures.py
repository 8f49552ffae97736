"""Draw where the network looks, and how far that can be trusted."""

from resnetcam.contents import FAITHFULNESS, RANDOMISATION
from resnetcam.dataset import DatasetReader
from resnetcam.figures import examples, side_by_side, trust
from resnetcam.figures.class_pages import class_page
from resnetcam.figures.explained import gather_explained
from resnetcam.figures.overlays import Look
from resnetcam.files import read_json
from resnetcam.layout import ANNOTATION_SCALE, CLASS_PAGES, LABEL_ATTRIBUTE
from resnetcam.maps import default_group, group_names, read_maps
from resnetcam.predictions import read_predictions
from resnetcam.regions import masks_for_images
from resnetcam.stage import logged
from resnetcam.titles import TITLES
from resnetcam.via import read_export

with logged(snakemake):
    files, output, settings = snakemake.input, snakemake.output, snakemake.params.settings
    look = Look(settings["colormap"], settings["overlay"])
    data = DatasetReader(files.data)
    images, names = data.array("x_test"), data.class_names
    logits, labels = read_predictions(files.predictions, "test")
    regions = None
    if files.regions:
        export, size = read_export(files.regions[0]), data.image_shape[:2]
        known = masks_for_images(export, labels, names, *size, ANNOTATION_SCALE, LABEL_ATTRIBUTE)
        regions = (known.image_index, known.masks)

    default = default_group(files.maps, "predicted")
    predicted = read_maps(files.maps, default)
    true = read_maps(files.maps, default._replace(choice="true"))
    explained = gather_explained(images, labels, logits, predicted, true, regions)
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
        TITLES[name.method]: read_maps(files.maps, name)
        for name in groups
        if name.layer == default.layer
    }
    side_by_side.side_by_side(output.gradcam_layers, explained, by_layer, names, look)
    side_by_side.side_by_side(output.gradcam_methods, explained, by_method, names, look)

    for index, page in enumerate(CLASS_PAGES):
        class_page(output[page], index, explained, names, look)

    trust.faithfulness_curves(output.faithfulness, read_json(files.faithfulness, FAITHFULNESS))
    levels = read_json(files.randomisation, RANDOMISATION)["levels"]
    cascade = [read_maps(files.randomised, name).maps for name in group_names(files.randomised)]
    trust.randomisation_cascade(output.randomisation, explained, levels, cascade, look)
