"""How many limited children run at the same time, without running any."""

import time

from core import isolated
from core.isolated import Ended


def count_children(monkeypatch, ended: Ended) -> list[int]:
    """Have every child end as told after a tenth of a second; the list grows by how many there were at each start."""
    together, counts = [], []

    def instead(*_arguments):
        together.append(1)
        counts.append(len(together))
        time.sleep(0.1)
        together.pop()
        return ended

    monkeypatch.setattr(isolated, "_ended", instead)
    return counts
