"""Folders and tables of images: who is listed, in which order, and what is refused by name."""

import os
from pathlib import Path

import pytest

from resnetcam.common.errors import InputError
from resnetcam.sources.listing import images_at, list_images, state_of_files


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def listed(source):
    return [(one.path.name, one.label, one.split, one.group) for one in list_images(source).images]


def refusal(source):
    with pytest.raises(InputError) as caught:
        list_images(source)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_folder_a_class_in_the_order_of_the_files_names(tmp_path):
    make(tmp_path, "dog/2.png", "dog/1.png", "cat/1.png", "cat/deep/er/0.png", "cat/3.jpg")
    assert listed(tmp_path) == [
        ("1.png", "cat", "", ""),
        ("1.png", "dog", "", ""),
        ("2.png", "dog", "", ""),
        ("3.jpg", "cat", "", ""),
        ("0.png", "cat", "", ""),
    ]
    assert list_images(tmp_path).class_names == ("cat", "dog")


@pytest.mark.parametrize("names", [("train", "test", "validation"), ("Training", "testing", "val")])
def test_splits_may_stand_above_the_classes(tmp_path, names):
    make(tmp_path, *(f"{split}/{one}/{split}.png" for split in names for one in ("cat", "dog")))
    assert [(label, split) for _, label, split, _ in listed(tmp_path)] == [
        ("cat", "train"),
        ("dog", "train"),
        ("cat", "validation"),
        ("dog", "validation"),
        ("cat", "test"),
        ("dog", "test"),
    ]


def test_classes_may_be_called_like_splits(tmp_path):
    make(tmp_path, "train/a.png", "car/a.png", "plane/a.png")
    assert list_images(tmp_path).class_names == ("car", "plane", "train")


def test_what_systems_leave_behind_is_passed_over_and_the_rest_is_told(tmp_path):
    make(tmp_path, "cat/a.png", "cat/.DS_Store", "cat/Thumbs.db", ".git/x", "dog/a.png", "README")
    found = list_images(tmp_path)
    assert len(found.images) == 2
    assert found.ignored == (tmp_path / "README",)


def test_folders_may_be_nested_deeper_than_calls(tmp_path, monkeypatch):
    make(tmp_path, "mine/cat/1.png", "mine/dog/1.png")
    monkeypatch.chdir(tmp_path / "mine/cat")
    for _ in range(1100):
        os.mkdir("d")
        os.chdir("d")
    Path("2.png").touch()
    try:
        assert listed(tmp_path / "mine")[-1][0] == "2.png"
        assert [one.path.name for one in images_at(tmp_path / "mine/cat")] == ["1.png", "2.png"]
    finally:  # what removes old folders of tests may be no better
        os.remove("2.png")
        for _ in range(1100):
            os.chdir("..")
            os.rmdir("d")


def test_a_link_to_a_folder_is_followed_and_a_loop_is_named(tmp_path):
    make(tmp_path / "elsewhere", "a.png")
    make(tmp_path / "mine", "cat/a.png")
    (tmp_path / "mine/dog").symlink_to(tmp_path / "elsewhere")
    assert len(listed(tmp_path / "mine")) == 2
    (tmp_path / "mine/cat/again").symlink_to(tmp_path / "mine/cat")
    assert "cat/again is a link to a folder that holds it" in refusal(tmp_path / "mine")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["cat/a.png", "Cat/b.png"], "the classes 'Cat' and 'cat' look alike"),
        (["café/a.png", "cafe\u0301/b.png"], "look alike"),
        (["cat/a.png"], "two classes or more, found only 'cat'"),
        (["a.png", "b.png"], "two classes or more, found none"),
        (["ca\nt/a.png", "dog/a.png"], "cannot be printed"),
        (["train/cat/a", "train/dog/a", "test/cat/a"], "the class 'dog' has no image in test"),
        (["test/cat/a", "test/dog/a"], None),
        (["train/cat/a", "train/dog/a", "val/cat/a", "val/dog/a", "valid/cat/a"], "mean the same"),
    ],
)
def test_folders_that_cannot_be_meant_are_refused(tmp_path, names, said):
    make(tmp_path, *names)
    if said is None:  # one class called test, with folders in it
        assert "found only 'test'" in refusal(tmp_path)
    else:
        assert said in refusal(tmp_path)


def test_an_empty_class_is_refused(tmp_path):
    make(tmp_path, "cat/a.png", "dog/a.png")
    (tmp_path / "ox").mkdir()
    assert "ox: a class without an image" in refusal(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_is_named(tmp_path):
    make(tmp_path, "cat/a.png", "dog/a.png")
    (tmp_path / "cat").chmod(0)
    assert "cat cannot be read: Permission denied" in refusal(tmp_path)


def test_a_source_that_is_not_there_is_named(tmp_path):
    assert "gone: there is no such folder or table" in refusal(tmp_path / "gone")


def table(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "images.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_a_table_keeps_its_order_and_says_all_there_is(tmp_path):
    text = 'path,label,age,group,split\nb.png,dog,3,p1,test\n"a,b.png", cat ,,p2,Train\n'
    text += "c.png,dog,,p3,train\nd.png,cat,,p4,test\n"
    assert listed(table(tmp_path, text, "utf-8-sig")) == [
        ("b.png", "dog", "test", "p1"),
        ("a,b.png", "cat", "train", "p2"),
        ("c.png", "dog", "train", "p3"),
        ("d.png", "cat", "test", "p4"),
    ]


def test_paths_start_from_the_table(tmp_path):
    found = list_images(table(tmp_path, "path,label\nsub/a.png,cat\n/abs/b.png,dog\n")).images
    assert [str(one.path) for one in found] == [f"{tmp_path}/sub/a.png", "/abs/b.png"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label\na,b\n", "path is missing"),
        ("path,lable\na,b\n", "label is missing (did you mean 'lable'?)"),
        ("", "path is missing"),
        ("path,label,label\na,b,c\n", "two columns are called 'label'"),
        ("path,label\na,cat\n,dog\n", "line 3: path is empty"),
        ("path,label\na,cat\nb,\n", "line 3: label is empty"),
        ("path,label\na,cat\na,dog\n", "line 3: {folder}/a stands in line 2 too"),
        ("path,label,split\na,cat,tset\n", "line 2: split is 'tset' (did you mean 'test'?)"),
        ("path,label,split\na,cat,train\nb,dog,\n", "1 image of no split"),
        ('path,label\n"a,cat\n', "is no CSV"),
        ("path,label\na,salt, pepper\n", "line 2: more cells than the first row has"),
    ],
)
def test_a_table_that_is_wrong_is_refused_by_its_line(tmp_path, text, said):
    assert said.format(folder=tmp_path) in refusal(table(tmp_path, text))


@pytest.mark.parametrize("other", ["test", "validation"])
def test_a_group_on_two_sides_of_a_split_is_refused(tmp_path, other):
    rows = "a,cat,train,Ann\nb,dog,train,Bob\nc,cat,{0},{1}\nd,dog,{0},Bob"
    for group in ("Cid", ""):  # whoever has no group stands alone
        text = "path,label,split,group\n" + rows.format(other, group)
        assert f"the group 'Bob' has {tmp_path}/b in train and {tmp_path}/d in {other}." in refusal(
            table(tmp_path, text)
        )
        assert len(listed(table(tmp_path, text.replace(f"{other},Bob", f"{other},Dan")))) == 4


def test_a_name_that_begins_like_a_home_folder_is_that_of_a_file(tmp_path):
    found = list_images(table(tmp_path, "path,label\n~backup.png,cat\n~/b.png,dog\n")).images
    assert [one.path for one in found] == [tmp_path / "~backup.png", Path.home() / "b.png"]


def test_a_table_in_another_encoding_is_refused(tmp_path):
    assert "no CSV in UTF-8" in refusal(table(tmp_path, "path,label\nä,cat\n", "latin-1"))


def test_the_state_of_files_is_another_once_one_changes(tmp_path):
    make(tmp_path, "cat/a.png", "dog/a.png")
    states = [state_of_files(list_images(tmp_path).images)]
    (tmp_path / "cat/a.png").write_bytes(b"xy")
    states.append(state_of_files(list_images(tmp_path).images))
    os.utime(tmp_path / "cat/a.png", (1, 1))
    states.append(state_of_files(list_images(tmp_path).images))
    make(tmp_path, "cat/b.png")
    states.append(state_of_files(list_images(tmp_path).images))
    assert len(set(states)) == 4
    assert state_of_files(list_images(tmp_path).images) == states[-1]
