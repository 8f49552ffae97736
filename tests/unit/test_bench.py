"""The bench takes several versions of a library side by side."""

from pathlib import Path

import pytest

from resnetcam.recipe.costs import expected_shares
from resnetcam.recipe.resizing import from_settings

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture
def contenders(monkeypatch):
    monkeypatch.syspath_prepend(BENCH)
    import contenders

    return contenders


@pytest.fixture
def folders(tmp_path):
    """Two folders of packages, each with the metadata of a PyTorch."""
    found = []
    for version in ("2.14.1", "2.13.0+cpu"):
        about = tmp_path / version / f"torch-{version}.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
        found.append(about.parent)
    return found


def test_each_pytorch_is_a_contender_of_its_own_and_the_first_multiplies(contenders, folders):
    chosen = list(contenders.with_each_pytorch(contenders.CONTENDERS, folders))

    newest, older = map(str, folders)
    assert {c.name: c.packages for c in chosen if c.packages} == {
        "torch-eager@2.14.1": newest,
        "torch-eager@2.13.0+cpu": older,
        "torch-compiled@2.14.1": newest,
        "torch-compiled@2.13.0+cpu": older,
        "matmul-float32": newest,
        "matmul-bfloat16": newest,
    }
    assert len(chosen) == len(contenders.CONTENDERS) + 2


def test_without_such_folders_the_contenders_are_as_they_are(contenders):
    assert list(contenders.with_each_pytorch(contenders.CONTENDERS, [])) == contenders.CONTENDERS


def test_a_folder_without_pytorch_is_refused_by_name(contenders, tmp_path):
    with pytest.raises(SystemExit, match=rf"{tmp_path} holds no PyTorch.*pip install"):
        list(contenders.with_each_pytorch(contenders.CONTENDERS, [tmp_path]))


def test_held_to_avx2_a_contender_keeps_what_it_asks_for_and_jax_is_left_out(contenders):
    held = {c.name: c.environment for c in contenders.held_to_avx2(contenders.CONTENDERS)}

    assert held.keys() == {c.name for c in contenders.CONTENDERS} - {"engine-jax"}
    assert {environment["ONEDNN_MAX_CPU_ISA"] for environment in held.values()} == {"AVX2"}
    assert held["published"]["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert held["published-onednn"]["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert held["engine-fast"]["GLIBC_TUNABLES"] == "glibc.malloc.hugetlb=1"


def test_a_contender_is_chosen_with_or_without_its_version(contenders, folders):
    import bench

    chosen = list(contenders.with_each_pytorch(contenders.CONTENDERS, folders))

    def names(*patterns):
        return [c.name for c in bench.select(chosen, list(patterns))]

    assert names("torch-eager") == ["torch-eager@2.14.1", "torch-eager@2.13.0+cpu"]
    assert names("torch-*@2.14*") == ["torch-eager@2.14.1", "torch-compiled@2.14.1"]
    assert names("published") == ["published"]
    with pytest.raises(SystemExit, match="no contender is called 'torch'"):
        names("torch")


def test_versions_are_compared_with_the_engine_and_with_each_other(contenders, folders):
    import summary

    def row(contender, rates):
        facts = contenders.Facts(128, "bfloat16", {"torch": contender.name.partition("@")[2]})
        return contenders.Row(contender, facts, rates, 100, "")

    chosen = list(contenders.with_each_pytorch(contenders.CONTENDERS, folders))
    rates = {
        "engine-fast": [900.0, 1000.0, 1100.0],
        "torch-compiled@2.14.1": [800.0, 800.0, 800.0],
        "torch-compiled@2.13.0+cpu": [400.0, 400.0, 400.0],
    }
    measured = {c.name: row(c, rates[c.name]) for c in chosen if c.name in rates}

    told = [line.partition(" (")[0] for line in summary._sentences(measured)]

    compiled = [f"PyTorch {v} compiled, no augmentation" for v in ("2.14.1", "2.13.0+cpu")]
    assert told == [
        f"engine, recipe fast: 1.25 times as fast as {compiled[0]}",
        f"engine, recipe fast: 2.50 times as fast as {compiled[1]}",
        f"{compiled[0]}: 2.00 times as fast as {compiled[1]}",
    ]
    versions = summary._versions(list(measured.values()))
    assert versions.endswith("torch 2.14.1, torch 2.13.0+cpu")


def test_a_whole_recipe_is_each_size_as_often_as_its_images_are_seen(contenders):
    import engine

    class Recipe:
        progressive_resizing = from_settings(
            [{"scale": 0.5, "share": 0.5}, {"scale": 0.75, "share": 0.3}]
        )
        epochs, skip_easy = 10, 0.5

    passes = engine.passes_by_side(Recipe)

    some = expected_shares(0.5, 10)[4]
    assert passes == pytest.approx({16: 2 + 3 * some, 24: 3 * some, None: 2 * some})


def test_a_whole_training_is_told_beside_the_published_one(contenders):
    import summary

    rates = {"engine-fast-epochs": (1000.0, 300_000), "published": (100.0, 0)}
    measured = {}
    for contender in contenders.CONTENDERS:
        if contender.name in rates:
            rate, images = rates[contender.name]
            facts = contenders.Facts(128, "float32", {}, images=images)
            measured[contender.name] = contenders.Row(contender, facts, [rate], 100, "")

    (told,) = summary._whole_recipe(measured)

    assert "300,000 images of all its sizes: 5.0 min; " in told
    assert told.endswith("2,500,000, as published: 417 min, 83.3 times as long")
