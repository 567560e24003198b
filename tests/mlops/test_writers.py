"""The lock files by which one process sees whether another still writes."""

import gc
from pathlib import Path

import pytest

from core.errors import StoreError
from core.mlops.writers import Writers


def dead_of(writers: Writers) -> set[str]:
    with writers.dead() as names:
        return set(names)


def test_a_writer_is_alive_for_others_and_for_itself_until_it_is_dropped(tmp_path):
    here, there = Writers(tmp_path / "writers"), Writers(tmp_path / "writers")
    name = here.own()
    assert here.own() == name
    assert there.known() == {name}
    assert dead_of(here) == dead_of(there) == set()
    del here
    gc.collect()
    assert dead_of(there) == {name}


def test_the_file_of_a_dead_writer_is_removed_once_its_runs_are_closed(tmp_path):
    (tmp_path / "gone.lock").touch()
    writers = Writers(tmp_path)
    with pytest.raises(OSError, match="the store broke"), writers.dead():
        raise OSError("the store broke")
    assert dead_of(writers) == {"gone"}
    assert writers.known() == set()


def test_a_dead_writer_is_left_to_the_one_that_is_closing_its_runs(tmp_path):
    (tmp_path / "gone.lock").touch()
    writers = Writers(tmp_path)
    with writers.dead() as names:
        assert names == {"gone"}
        assert dead_of(Writers(tmp_path)) == set()


def test_nothing_is_made_by_who_only_reads(tmp_path):
    writers = Writers(tmp_path / "writers")
    assert dead_of(writers) == writers.known() == set()
    assert not (tmp_path / "writers").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    Path(tmp_path, "writers").touch()
    with pytest.raises(StoreError, match="folder of the writers of runs") as caught:
        Writers(tmp_path / "writers").own()
    assert caught.value.hint
