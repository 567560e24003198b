"""Who writes runs, and whose process has ended: each writer holds a lock file for as long as it lives.

The system frees the lock however the process ends, and shows it to every container that shares the folder. Host names
and process numbers would not do: a container comes back under another name, and each may be process number 1.
"""

import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.stores import told_as

_WHAT = "The folder of the writers of runs"
_SUFFIX = ".lock"


class Writers:
    """The writers in one folder, made when the first run is written; this object is one of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = uuid.uuid4().hex
        # thread_local=False: the lock belongs to this object, whichever thread holds or drops it
        self._held = FileLock(self._path(self._name), thread_local=False)
        self._once = threading.Lock()

    def own(self) -> str:
        """The name of this writer, which counts as alive from now until its process ends or drops this object.

        Raises StoreError when its file cannot be written.
        """
        with self._once, told_as(_WHAT):
            if not self._held.is_locked:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._held.acquire()
        return self._name

    def known(self) -> set[str]:
        """The names of all writers that have not been forgotten, living and dead."""
        return {path.stem for path in self._folder.glob(f"*{_SUFFIX}")}

    @contextmanager
    def dead(self) -> Iterator[set[str]]:
        """The names of those whose process has ended; they are forgotten when the block ends without an error.

        Raises StoreError when their files cannot be opened or removed.
        """
        with ExitStack() as stack:
            with told_as(_WHAT):
                names = {name for name in self.known() if self._is_free(name, stack)}
            yield names
            with told_as(_WHAT):
                for name in names:
                    self._path(name).unlink(missing_ok=True)

    def _is_free(self, name: str, stack: ExitStack) -> bool:
        """Whether nobody holds the writer's lock; then it is ours until the stack ends."""
        try:
            stack.enter_context(FileLock(self._path(name), timeout=0))
        except Timeout:
            return False
        return True

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"
