import hashlib

from training.package import stage


def tree(directory):
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_the_package_has_its_entry_at_the_top_and_sources_only(tmp_path):
    stage(tmp_path / "code")
    files = tree(tmp_path / "code")
    assert {"__main__.py", "training/train.py", "recommender/model.py"} <= set(files)
    assert all(name.endswith(".py") for name in files)


def test_staging_again_gives_the_same_tree_and_clears_what_was_there(tmp_path):
    stage(tmp_path / "code")
    first = tree(tmp_path / "code")
    (tmp_path / "code" / "left.over").write_text("old")
    stage(tmp_path / "code")
    assert tree(tmp_path / "code") == first
