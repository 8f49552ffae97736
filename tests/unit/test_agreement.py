"""Maps from seed to seed: rank correlation, overlap of the highest cells, and their levels."""

import re

import numpy as np
import pytest

from resnetcam.common.errors import DamagedFileError
from resnetcam.common.files import write_json
from resnetcam.explain.agreement import compare_seeds, top_overlap
from resnetcam.explain.maps import GroupName, Maps, write_maps
from resnetcam.explain.seeds import read_seeds
from resnetcam.explain.table_of_agreement import Agreement, read_agreement, write_agreement
from resnetcam.report.agreement import agreement_facts

N = 40
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((N, 4, 5)).astype(np.float32)


def seeds_of(noise, n=N):
    random = np.random.default_rng(1)
    return [IMAGES[:n] + noise * random.random((n, 4, 5)).astype(np.float32) for _ in range(3)]


def compared(maps, right=None, randomised=None):
    first = maps["gradcam"]
    n = len(first[0])
    right = np.ones((3, n), bool) if right is None else right
    noise = np.random.default_rng(2).random((3, n, 4, 5)).astype(np.float32)
    return compare_seeds(maps, list(noise) if randomised is None else randomised, right)


def test_the_highest_cells_are_counted_in_common():
    """A tenth of 20 cells are two."""
    one, other = np.zeros((2, 1, 4, 5), np.float32)
    one[0, 0, :2] = 3, 2
    other[0, 0, 0], other[0, 3, 3] = 5, 4
    assert top_overlap(one, one) == pytest.approx([1])
    assert top_overlap(one, other) == pytest.approx([0.5])


def test_what_ties_for_the_last_place_counts_by_its_chance():
    one = np.zeros((1, 4, 5), np.float32)
    flat = np.ones((1, 4, 5), np.float32)
    one[0, 0, 0] = 1  # surely among the two; each of the other 19 with a chance of 1/19
    assert top_overlap(one, flat) == pytest.approx([2 * (2 / 20) / 2])
    assert top_overlap(one, one) == pytest.approx([(1 + 19 / 19**2) / 2])
    single = np.ones((1, 1, 1), np.float32)
    assert top_overlap(single, single) == [1]


def test_seeds_that_agree_and_seeds_that_do_not():
    alike, _ = compared({"gradcam": seeds_of(0.05)})
    unlike, _ = compared({"gradcam": list(RANDOM.random((3, N, 4, 5)).astype(np.float32))})

    same = alike["methods"]["gradcam"]["same_image"]
    assert same["correlation"]["low"] > 0.95
    assert same["overlap"]["mean"] > 0.8
    assert alike["methods"]["gradcam"]["other_image"]["correlation"]["high"] < 0.2
    assert abs(unlike["methods"]["gradcam"]["same_image"]["correlation"]["mean"]) < 0.1
    assert (alike["n"], alike["compared"], alike["top_cells"]) == (N, N, 2)
    randomised, _ = compared({"gradcam": seeds_of(0.05)}, randomised=seeds_of(0.05))
    assert randomised["methods"]["gradcam"]["randomised"]["correlation"]["mean"] > 0.9


def test_pairs_of_seeds_are_averaged_image_by_image():
    a, b = seeds_of(0.3)[:2]
    found, of_images = compare_seeds({"gradcam": [a, b, a]}, [a, b, a], np.ones((3, N), bool))
    _, of_pair = compare_seeds({"gradcam": [a, b]}, [a, b], np.ones((2, N), bool))
    np.testing.assert_allclose(of_images.correlation, (1 + 2 * of_pair.correlation) / 3)
    assert found["methods"]["gradcam"]["randomised"]["correlation"]["mean"] == pytest.approx(1)


def test_images_are_told_apart_by_whether_all_seeds_are_right():
    right = np.ones((3, N), bool)
    right[1, :10] = False
    found, of_images = compared({"gradcam": seeds_of(0.5)}, right)
    default = found["methods"]["gradcam"]
    assert (default["all_right"]["n"], default["some_wrong"]["n"]) == (N - 10, 10)
    expected = of_images.correlation[:10].mean()
    assert default["some_wrong"]["correlation"]["mean"] == pytest.approx(expected)
    everyone, _ = compared({"gradcam": seeds_of(0.5)})
    assert everyone["methods"]["gradcam"]["some_wrong"] is None


def test_images_with_a_flat_map_of_any_seed_are_left_out():
    seeds = seeds_of(0.1)
    seeds[2][:5] = 1
    found, _ = compared({"gradcam": seeds})
    assert (found["n"], found["compared"]) == (N, N - 5)
    flat = [np.zeros_like(one) for one in seeds]
    nothing, _ = compared({"gradcam": flat})
    assert nothing["compared"] == 0
    assert set(nothing["methods"]["gradcam"].values()) == {None}


def test_one_image_has_no_other():
    found, _ = compared({"gradcam": seeds_of(0.1, n=1)})
    default = found["methods"]["gradcam"]
    assert default["other_image"] is None
    assert default["same_image"]["correlation"]["low"] == -1
    assert default["same_image"]["overlap"]["low"] >= 0


def test_the_verdict_goes_with_the_number_as_it_is_printed(tmp_path):
    scores, _ = compared({"gradcam": seeds_of(0.05)})
    for kind, mean in (("same_image", 0.4049), ("other_image", 0.3951)):
        scores["methods"]["gradcam"][kind]["correlation"]["mean"] = mean
    write_json(tmp_path / "agreement.json", {"seeds": [1, 2, 3], "layer": "out"} | scores)
    verdict = agreement_facts(tmp_path / "agreement.json", tmp_path)["verdict"]
    assert verdict == (
        "Grad-CAM's maps of the same image correlate by 0.40 from seed to seed, no more than those "
        "of two images of one seed (0.40)."
    )


def test_seeds_are_read_for_the_true_class_and_images_that_all_have(tmp_path):
    paths, of_random = [], []
    for seed in range(2):
        maps = RANDOM.random((4, 2, 2)).astype(np.float32)
        some = [0, 1, 3]
        few = maps[some] + 1
        index, true = np.arange(4, dtype=np.uint32), np.array([0, 1, 0, 1])
        predicted = np.array([0, seed, 0, 0])
        paths.append(tmp_path / f"{seed}.h5")
        groups = {
            GroupName("gradcam", "out", "predicted"): Maps(maps * 2, predicted, index),
            GroupName("gradcam", "out", "true"): Maps(maps, true, index),
            GroupName("layercam", "out", "true"): Maps(few, true[some], index[some]),
            GroupName("layercam", "inner", "true"): Maps(few, true[some], index[some]),
        }
        write_maps(paths[-1], groups)
        of_random.append(tmp_path / f"random{seed}.h5")
        levels = {
            GroupName("gradcam", "out", part): Maps(maps[some] * k, true[some], index[some])
            for k, part in enumerate(("none", "stem"), 1)
        }
        write_maps(of_random[-1], levels)
    found = read_seeds(paths, of_random)
    assert found.images.tolist() == [0, 1, 3]
    assert list(found.maps) == ["gradcam", "layercam"]
    assert found.layer == "out"
    np.testing.assert_array_equal(found.maps["layercam"][1], few)
    np.testing.assert_array_equal(found.randomised[1], maps[some] * 2)
    np.testing.assert_array_equal(found.maps["gradcam"][1], maps[some])
    assert found.right.tolist() == [[True, False, False], [True, True, False]]


def test_the_table_is_read_back_and_a_damaged_one_is_named(tmp_path):
    path = tmp_path / "agreement.csv"
    written = Agreement(np.array([0.5, -0.25]), np.array([0.1, 1]))
    numbers = np.array([3, 8], np.uint32)
    write_agreement(path, numbers, written, np.array([[True, False], [True, True]]))
    assert path.read_text().splitlines()[1:] == ["3,2,0.5,0.1", "8,1,-0.25,1"]
    images, found = read_agreement(path)
    assert images.tolist() == [3, 8]
    for one, other in zip(found, written, strict=True):
        np.testing.assert_array_equal(one, other)
    path.write_text("test_image\n1\n")
    with pytest.raises(DamagedFileError, match="agreement"):
        read_agreement(path)


@pytest.mark.parametrize(
    ("n", "words"),
    [(N, r"0\.96 from seed to seed, those of two images of one seed by -?0\.0"), (1, r"seed\.")],
)
def test_the_report_says_how_alike_the_maps_are(tmp_path, n, words):
    scores, _ = compared({"gradcam": seeds_of(0.15, n)})
    write_json(tmp_path / "agreement.json", {"seeds": [1, 2, 3], "layer": "out"} | scores)
    facts = agreement_facts(tmp_path / "agreement.json", tmp_path)
    assert re.search(words, facts["verdict"])
    assert facts["figure"] == "agreement.png"
    assert agreement_facts(None, tmp_path) is None
