"""What the report says of scores: who beats whom, by how much, and when nothing can be said."""

import pytest

from resnetcam.report.trust import trust_in_maps
from resnetcam.report.verdicts import (
    faithfulness_in_short,
    faithfulness_verdict,
    localisation_in_short,
    localisation_verdict,
)


def section(metrics, **minus_first):
    """A candidate's scores; ``minus_first`` gives mean, low and high by metric."""
    differences = {
        metric: {"minus_first": dict(zip(("mean", "low", "high"), ends, strict=True))}
        for metric, ends in minus_first.items()
    }
    return {metric: {"mean": 0.5} | differences.get(metric, {}) for metric in metrics}


def located(gaussian, *, n=400, **others):
    """Scores of localisation: the others' pointing game minus Grad-CAM's."""
    metrics = ("pointing_game", "energy_inside")
    far = (-0.4, -0.41, -0.39)
    rows = {"random": far, "centred_gaussian": gaussian, "uniform": far} | others
    candidates = {
        name: section(metrics, pointing_game=ends, energy_inside=far) for name, ends in rows.items()
    }
    return {"n": n, "candidates": {"gradcam": section(metrics)} | candidates}


def followed(*, deletion, insertion, road=(-0.1, -0.12, -0.08), n=400):
    """Scores of faithfulness: the Gaussian's minus Grad-CAM's."""
    metrics = ("deletion_auc", "insertion_auc", "road")
    gaussian = section(metrics, deletion_auc=deletion, insertion_auc=insertion, road=road)
    far = (-0.3, -0.32, -0.28)
    random = section(metrics, deletion_auc=(0.3, 0.28, 0.32), insertion_auc=far, road=far)
    candidates = {"gradcam": section(metrics), "random": random, "centred_gaussian": gaussian}
    return {"n": n, "candidates": candidates | {"uniform": {"drop": {"mean": 0}}}}


@pytest.mark.parametrize(
    ("gaussian", "sentence"),
    [
        (
            (-0.301, -0.33, -0.27),
            "beats every baseline, the closest (centred Gaussian) by 30.1 points (27.0 to 33.0)",
        ),
        (
            (0.00001, -0.03, 0.03),
            "shows no clear difference from the centred Gaussian: 0.0 points (-3.0 to 3.0)",
        ),
        ((0.2, 0.15, 0.25), "is worse than the centred Gaussian, by 20.0 points (15.0 to 25.0)"),
    ],
)
def test_a_verdict_follows_the_differences_image_by_image(gaussian, sentence):
    pointing, energy = localisation_verdict(located(gaussian))

    assert pointing.on_baselines == f"In the pointing game, Grad-CAM {sentence}."
    assert energy.on_baselines.startswith("In energy inside, Grad-CAM beats every baseline,")
    assert pointing.on_methods == energy.on_methods == ""


def test_the_map_of_another_image_is_a_baseline_too():
    pointing, _ = localisation_verdict(
        located((-0.3, -0.33, -0.27), other_image=(-0.2, -0.23, -0.17))
    )
    assert pointing.on_baselines == (
        "In the pointing game, Grad-CAM beats every baseline, the closest (map of another "
        "image) by 20.0 points (17.0 to 23.0)."
    )


@pytest.mark.parametrize(
    ("deletion", "insertion", "beginnings"),
    [
        (
            (0.053, 0.046, 0.06),
            (0.01, -0.001, 0.02),
            [
                "By deletion, Grad-CAM beats every baseline, the closest (centred Gaussian) "
                "by 0.053 (0.046 to 0.060).",
                "By insertion, Grad-CAM shows no clear difference from the "
                "centred Gaussian: -0.010 (-0.020 to 0.001).",
                "By ROAD, Grad-CAM beats every baseline, the closest (centred Gaussian) by 0.100",
            ],
        ),
        (
            (-0.05, -0.06, -0.04),
            (0.05, 0.04, 0.06),
            [
                "By deletion, Grad-CAM is worse than the centred Gaussian, by 0.050 (0.040 to",
                "By insertion, Grad-CAM is worse than the centred Gaussian, by 0.050 (0.040 to",
                "By ROAD, Grad-CAM beats every baseline",
            ],
        ),
    ],
)
def test_for_deletion_low_is_good(deletion, insertion, beginnings):
    verdicts = faithfulness_verdict(followed(deletion=deletion, insertion=insertion))

    for verdict, beginning in zip(verdicts, beginnings, strict=True):
        assert verdict.on_baselines.startswith(beginning)


def test_other_methods_are_grouped_by_what_can_be_told():
    near = (-0.3, -0.33, -0.27)
    methods = {
        "hirescam": (0.0, 0.0, 0.0),
        "layercam": (0.0001, 0.0001, 0.0002),
        "eigencam": (-0.02, -0.03, -0.01),
        "gradcam++": (0.02, 0.01, 0.03),
    }

    pointing, _ = localisation_verdict(located(near, **methods))

    assert pointing.on_methods == (
        "Of the other methods, it is better than Eigen-CAM; it is worse than Grad-CAM++; "
        "it shows no clear difference from LayerCAM; it is equal to HiResCAM."
    )


def test_a_network_with_random_weights_is_a_baseline():
    scores = located((-0.3, -0.33, -0.27), randomised_network=(-0.1, -0.2, -0.05))

    pointing, _ = localisation_verdict(scores)

    assert "the closest (network with random weights) by 10.0 points" in pointing.on_baselines
    assert pointing.on_methods == ""


def test_the_closest_baseline_is_that_of_the_smallest_difference():
    scores = located((-0.25, -0.28, -0.22), randomised_network=(-0.3, -0.4, -0.2))

    pointing, _ = localisation_verdict(scores)

    assert "the closest (centred Gaussian) by 25.0 points" in pointing.on_baselines


def test_few_images_give_no_verdict():
    (verdict,) = localisation_verdict(located((-0.3, -0.33, -0.27), n=19))
    assert verdict.on_baselines.startswith("Too few images for a verdict: 19")
    (verdict,) = faithfulness_verdict(followed(deletion=(1, 1, 1), insertion=(1, 1, 1), n=19))
    assert verdict.on_baselines.startswith("Too few images for a verdict: 19")


@pytest.mark.parametrize(
    ("gaussian", "verb"),
    [
        ((-0.3, -0.33, -0.27), "beat every baseline"),
        ((0.0, -0.03, 0.03), "show no clear difference from some baseline"),
        ((0.2, 0.15, 0.25), "are worse than some baseline"),
    ],
)
def test_in_short_metrics_are_grouped_by_what_they_say(gaussian, verb):
    in_short = localisation_in_short(located(gaussian))
    if verb == "beat every baseline":
        assert in_short == "In the pointing game and in energy inside they beat every baseline."
    else:
        assert (
            in_short
            == f"In the pointing game they {verb}; in energy inside they beat every baseline."
        )


def test_in_short_each_metric_has_its_own_direction():
    good = followed(deletion=(0.1, 0.08, 0.12), insertion=(-0.1, -0.12, -0.08))
    in_short = faithfulness_in_short(good)
    assert in_short == "By deletion, by insertion and by ROAD they beat every baseline."
    bad = followed(deletion=(-0.1, -0.12, -0.08), insertion=(0.1, 0.08, 0.12), road=(0, -1, 1))
    assert faithfulness_in_short(bad) == (
        "By deletion and by insertion they are worse than some baseline; "
        "by ROAD they show no clear difference from some baseline."
    )
    alone = {"n": 400, "candidates": {"gradcam": good["candidates"]["gradcam"]}}
    assert faithfulness_in_short(alone) == "Not compared with baselines."
    assert faithfulness_in_short(good | {"n": 19}) == "Too few images for a verdict: 19."


def correlated(mean):
    return {"correlation": {"mean": mean}}


@pytest.mark.parametrize(
    ("random", "agreement", "told"),
    [
        (
            {"levels": [None, correlated(0.114)], "other_image": {"mean": 0.41}},
            {"default": {"same_image": correlated(0.74), "other_image": correlated(0.42)}},
            (
                "They correlate by 0.11 with the maps of the same network with random weights; "
                "the maps of two images by 0.41.",
                "They correlate by 0.74 from seed to seed; the maps of two images by 0.42.",
            ),
        ),
        (
            {"levels": [correlated(0.1)], "other_image": None},
            {"default": {"same_image": correlated(0.7), "other_image": None}},
            (
                "They correlate by 0.10 with the maps of the same network with random weights.",
                "They correlate by 0.70 from seed to seed.",
            ),
        ),
        (
            {"levels": [{"correlation": None}], "other_image": None},
            {"default": {"same_image": None, "other_image": None}},
            ("Not known: they are flat.", "Not known: of each image some seed's map is flat."),
        ),
        (
            {"levels": [{"correlation": None}], "other_image": None},
            None,
            ("Not known: they are flat.", "Not tested: there is one seed."),
        ),
    ],
)
def test_the_table_of_trust_says_what_was_found_and_what_was_not_tested(random, agreement, told):
    good = followed(deletion=(0.1, 0.08, 0.12), insertion=(-0.1, -0.12, -0.08))
    (_, use), *others, (_, on_objects) = trust_in_maps(good, random, agreement, None)
    assert use == faithfulness_in_short(good)
    assert tuple(answer for _, answer in others) == told
    assert on_objects == "Not tested: no regions of objects are known."
    located_maps = located((0.2, 0.15, 0.25))
    *_, (_, on_objects) = trust_in_maps(good, random, agreement, located_maps)
    assert on_objects == localisation_in_short(located_maps)
