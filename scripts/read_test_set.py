"""Read a further test set as the data set's own images are read: test_sets/<name>.h5."""

import logging
import tempfile
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.wording import counted, shown
from resnetcam.data.dataset import DatasetReader
from resnetcam.shift.test_set_files import of_files
from resnetcam.shift.test_sets import of_arrays, write_test_set
from resnetcam.sources.array_pairs import array_pair

with logged(snakemake):
    source, output = snakemake.params.source, Path(snakemake.output.test_set)
    data = DatasetReader(snakemake.input.data)
    like = data.image_shape, data.class_names
    if pair := array_pair(source):
        found = of_arrays(*pair, *like)
        write_test_set(output, found)
    else:
        unreadable = snakemake.params.settings["unreadable"]
        # Not in the system's folder for temporary files, which may lie in memory.
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".decoding-") as scratch:
            found = of_files(source, *like, data.fit, unreadable, Path(scratch), snakemake.threads)
            write_test_set(output, found)
    logging.info("%s of %s", counted(len(found.labels), "test image"), shown(source))
