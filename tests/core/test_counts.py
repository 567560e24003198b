from core.counts import counted


def test_one_thing_is_in_the_singular_and_many_have_separators():
    assert [counted(n, "row") for n in (0, 1, 2, 1640)] == ["0 rows", "1 row", "2 rows", "1,640 rows"]
    assert [counted(n, "batch", "es") for n in (1, 3)] == ["1 batch", "3 batches"]
