"""Score where the maps point against the known regions: localisation.json."""

from resnetcam.workflow.stage import logged

from resnetcam.common.files import write_json
from resnetcam.data.dataset import DatasetReader
from resnetcam.explain.localisation import score
from resnetcam.explain.maps import default_group, group_names, read_maps
from resnetcam.regions.export import problem_lines
from resnetcam.regions.on_images import masks_for_images
from resnetcam.regions.via import read_known_regions

with logged(snakemake):
    files = snakemake.input
    data = DatasetReader(files.data)
    known = masks_for_images(
        read_known_regions(files.regions),
        data.array("y_test"),
        data.class_names,
        data.image_shape[:2],
    )
    candidates = {
        name.method: read_maps(files.maps, name)
        for name in group_names(files.maps)
        if name[1:] == default_group(files.maps, "true")[1:]
    }
    *_, without_learning = group_names(files.randomised)
    candidates["randomised_network"] = read_maps(files.randomised, without_learning)
    scores = score(candidates, known)
    problems = problem_lines(known.problems, rows=False)
    about = {"layer": without_learning.layer, "choice": "true", "problems": problems}
    write_json(snakemake.output.scores, scores | about)
