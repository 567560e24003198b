"""Loads heavy libraries without the parts that nothing here uses: some 100 MB and three seconds less.

Torch's compiler: transformers marks functions for ``torch.compile`` and for clusters when it is imported, and builds
a model on the "meta" device before it reads the weights. Only for that, ``torch._dynamo``, ``torch._inductor``,
``torch.distributed.tensor`` and sympy are loaded. A model that runs eagerly in one process needs none of them.
Seen with torch 2.13 and transformers 5; tests/core/test_lean.py holds that models load without them, answer as before,
and that ``torch.compile`` still works afterwards.

Torch's shapes: it describes every operation in Python for tracing, which nothing does that runs eagerly.

Prophet's pictures: it imports matplotlib for plots that the pages draw with plotly. Colours on a terminal: structlog
and transformers import rich (half of Home's imports), Mako, which writes MLflow's migrations, imports Pygments.

Formulas: statsmodels reads them by one of two packages and imports both.

MLflow's tools for generative AI: its client and its store name them, and only agents and judges use them. They are
put off, with the gateway and FastAPI, until somebody does. So is cryptography, which its tables name for the secrets
of webhooks: 10 MB.

Threads: what is put off or left out is imported by one thread at a time; tests/core/test_lean.py holds that threads
which import and use it at once neither wait for each other for ever nor fail.

Tests: skops lists all estimators of scikit-learn and so imports what helps to test them, with pytest, and what makes
arrays of torch like those of NumPy, with torch: 190 MB for processes that only train or serve.

TextBlob's grammar: its lexicon of polarities needs none of NLTK, which the package imports for all else.
"""

import base64
import importlib
import importlib._bootstrap
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_COMPILER = "torch._dynamo"
_HIGHER_ORDER = f"{_COMPILER}._trace_wrapped_higher_order_op"
_SHAPES = "torch._meta_registrations"
_PARTS_OF_SHAPES = ("torch._decomp", "torch._prims", "torch._refs", "torch.utils._content_store")
_GENAI = (
    "mlflow.gateway",
    "mlflow.genai",
    "mlflow.genai.judges",
    "mlflow.genai.scorers",
    "mlflow.genai.scorers.online",
)
_TABLES, _FERNET = "mlflow.store.model_registry.dbmodels.models", "cryptography.fernet"
_MARKS = ("disable", "allow_in_graph", "assume_constant_result")  # decorators that transformers uses
_POLL_S = 0.01
_lock = threading.RLock()
_holder: int | None = None  # the thread whose turn it is


@contextmanager
def without_compiler() -> Iterator[None]:
    """Import transformers and load models inside of this; torch and transformers are as they were afterwards.

    Does nothing when the compiler is loaded already. Functions that are imported inside stay without their marks,
    so a model that is to go through ``torch.compile`` has to be loaded outside.
    """
    import_torch()
    with leaving_out("rich"), ExitStack() as stack:
        if _COMPILER not in sys.modules:
            _stand_in_for_the_compiler(stack)
            _build_off_the_meta_device(stack)
        yield


@contextmanager
def _turn() -> Iterator[None]:
    """One thread at a time; one whose import the thread before it waits for goes on at once, or both would for ever.

    The thread that is let through meets packages as far as they were read, as it would if one thread did it all.
    """
    global _holder
    me = threading.get_ident()
    while not _lock.acquire(timeout=_POLL_S):
        if _waits_for(me, _holder):
            yield
            return
    before, _holder = _holder, me
    try:
        yield
    finally:
        _holder = before
        _lock.release()


def _waits_for(thread: int, other: int | None) -> bool:
    """Whether ``other`` waits, itself or through further threads, for a module that ``thread`` is importing.

    importlib keeps account of this to find its own deadlocks; it knows no lock but its own.
    """
    blocking: Any = importlib._bootstrap._blocking_on  # type: ignore[attr-defined]
    seen: set[int] = set()
    while other is not None and other not in seen:
        seen.add(other)
        lock = blocking.get(other)
        lock = lock[-1] if isinstance(lock, list) and lock else lock  # a list since Python 3.12
        other = getattr(lock, "owner", None)
        if other == thread:
            return True
    return False


def import_torch() -> ModuleType:
    """The package ``torch``; what it says of shapes for tracing is loaded by the first who imports it (compiler)."""
    with _turn():
        if "torch" in sys.modules:
            return importlib.import_module("torch")  # waits until another thread has loaded it
        sys.modules[_SHAPES] = ModuleType(_SHAPES)
        try:
            torch = importlib.import_module("torch")
        finally:
            del sys.modules[_SHAPES]
        vars(torch).pop(_SHAPES.rpartition(".")[2], None)
        sys.meta_path.insert(0, _ShapesFirst())
        return torch


class _ShapesFirst(MetaPathFinder):
    """Loads the shapes before any module they import, as torch does: imported from elsewhere, these go in circles."""

    def find_spec(self, fullname: str, path: Any = None, target: object = None) -> ModuleSpec | None:
        if not fullname.startswith(_PARTS_OF_SHAPES):
            return None
        sys.meta_path.remove(self)
        importlib.import_module(_SHAPES)
        loaded = sys.modules.get(fullname)
        if loaded is None:
            return PathFinder.find_spec(fullname, path)
        spec = ModuleSpec(fullname, _Loaded(loaded))
        loaded.__spec__ = spec  # what importlib goes by when a module has come in while it was looked for
        return spec


class _Loaded(Loader):
    """Hands over a module that is there already, so that it is not run a second time."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


def import_prophet() -> ModuleType:
    """The package ``prophet``, without matplotlib unless that is loaded already."""
    complaints = logging.getLogger("prophet.plot")  # it reports the missing matplotlib as an error
    with leaving_out("matplotlib"):
        complaints.disabled = True
        try:
            return importlib.import_module("prophet")
        finally:
            complaints.disabled = False


def import_statsmodels(module: str) -> ModuleType:
    """A module of ``statsmodels``, without formulaic: its default for formulas is patsy, and nothing here has any."""
    name = f"statsmodels.{module}"
    if name in sys.modules:
        return importlib.import_module(name)
    with leaving_out("formulaic"):
        return importlib.import_module(name)


def import_skops() -> ModuleType:
    """The module ``skops.io``, without pytest, and without torch unless that is loaded already.

    It looks for SciPy's functions in all modules there are, which would have what is put off loaded.
    """
    with leaving_out("pytest"), leaving_out("sklearn.externals.array_api_compat.torch"), _answering_nothing():
        return importlib.import_module("skops.io")


def import_polarity() -> Callable[[str], float]:
    """TextBlob's polarity of a text, -1..1, without NLTK; the whole package can be imported later."""
    with _turn():
        name, lexicon = "textblob", "textblob.en"
        if name not in sys.modules:
            bare = ModuleType(name)
            spec = find_spec(name)
            assert spec is not None, "a pinned requirement"
            bare.__path__ = spec.submodule_search_locations or []
            sys.modules[name] = bare
            try:
                importlib.import_module(lexicon)
            finally:
                del sys.modules[name]
        polarity: Callable[[str], float] = importlib.import_module(lexicon).polarity
        return polarity


def put_off_genai() -> None:
    """To be called before MLflow is imported: its tools for generative AI are loaded when first used."""
    with leaving_out("pygments"):
        import mako.exceptions  # noqa: F401 - MLflow's migrations would load it with its colours
    put_off(*_GENAI)


def import_registry_tables() -> None:
    """MLflow's tables of models, without ``cryptography``: the secrets of webhooks want it, once there are any."""
    with _turn():
        if _TABLES in sys.modules or _FERNET in sys.modules:
            return
        stand_in = ModuleType(_FERNET)
        vars(stand_in)["Fernet"] = _LaterFernet
        sys.modules[_FERNET] = stand_in
        try:
            importlib.import_module(_TABLES)
        finally:
            del sys.modules[_FERNET]


class _LaterFernet:
    """A cipher for text that is made when something is first encrypted or decrypted."""

    def __init__(self, key: bytes | str) -> None:
        self._key = key

    @staticmethod
    def generate_key() -> bytes:
        """As ``cryptography.fernet.Fernet`` makes one."""
        return base64.urlsafe_b64encode(os.urandom(32))

    @cached_property
    def _cipher(self) -> Any:
        return importlib.import_module(_FERNET).Fernet(self._key)

    def encrypt(self, data: bytes) -> bytes:
        """The token of ``data``."""
        token: bytes = self._cipher.encrypt(data)
        return token

    def decrypt(self, token: bytes) -> bytes:
        """What was encrypted; raises cryptography's InvalidToken for anything else."""
        data: bytes = self._cipher.decrypt(token)
        return data


def put_off(*packages: str) -> None:
    """Have what the files of ``packages`` say done when a name in them is first asked for; for what is imported from
    now on and names them without using anything of them. Modules below them are run when they are imported.

    Packages and modules below are run by one thread at a time: loaded in one go, as they would have been, they
    import each other in circles.
    """
    if not any(isinstance(each, _PutOff) and each.packages == packages for each in sys.meta_path):
        sys.meta_path.insert(0, _PutOff(packages))


class _PutOff(MetaPathFinder):
    """Finds packages and modules below them as Python does, and gives them loaders that wait."""

    def __init__(self, packages: tuple[str, ...]) -> None:
        self.packages = packages
        self._beginnings = tuple(f"{package}." for package in packages)

    def find_spec(self, fullname: str, path: Any = None, target: object = None) -> ModuleSpec | None:
        if fullname not in self.packages and not fullname.startswith(self._beginnings):
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            spec.loader = (_Waiting if fullname in self.packages else _InTurn)(spec.loader)
        return spec


class _InTurn(Loader):
    """Runs a module by the loader it was found with, when it is the thread's turn."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None, "the import system sets it"
        module.__spec__.loader = module.__loader__ = self._loader
        with _turn():
            self._loader.exec_module(module)


class _Waiting(Loader):
    """Makes a module that is run later, by the loader it was found with."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Unread(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None, "the import system sets it"
        module.__spec__.loader = module.__loader__ = self._loader


class _Unread(ModuleType):
    """A package whose file is run when somebody asks for a name that it does not have yet."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__") and threading.get_ident() not in _told_nothing:
            with _turn():
                if type(self) is _Unread and self not in _being_read:
                    self._read()
            if type(self) is not _Unread or name in vars(self):
                return getattr(self, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def _read(self) -> None:
        """Run the file; that of the package around it goes first, as in an import, and may have this one read."""
        around = sys.modules.get(self.__name__.rpartition(".")[0])
        if type(around) is _Unread and around not in _being_read:
            around._read()
        if type(self) is not _Unread or self in _being_read:
            return
        loader: Any = self.__loader__
        _being_read.append(self)
        try:
            loader.exec_module(self)
            self.__class__ = ModuleType  # type: ignore[assignment]  # it is as any other from now on
        finally:
            _being_read.remove(self)


_being_read: list[ModuleType] = []
_told_nothing: set[int] = set()  # threads


@contextmanager
def _answering_nothing() -> Iterator[None]:
    """Inside of this, what is put off tells the thread of no names but those it has, instead of being read."""
    me = threading.get_ident()
    _told_nothing.add(me)
    try:
        yield
    finally:
        _told_nothing.discard(me)


@contextmanager
def leaving_out(package: str) -> Iterator[None]:
    """Import inside of this what does without ``package`` when that is not installed; it can be imported later."""
    with _turn():
        if package in sys.modules:
            yield
            return
        sys.modules[package] = None  # type: ignore[assignment]  # the documented way to make an import fail
        try:
            yield
        finally:
            del sys.modules[package]


def _stand_in_for_the_compiler(stack: ExitStack) -> None:
    import torch.distributed

    compiler, higher_order = ModuleType(_COMPILER), ModuleType(_HIGHER_ORDER)
    compiler.__path__ = []
    for name in _MARKS:
        vars(compiler)[name] = _unmarked
        _replace(stack, torch.compiler, name, _unmarked)
    vars(higher_order)["TransformGetItemToIndex"] = _transform_get_item_to_index
    for module in (compiler, higher_order):
        sys.modules[module.__name__] = module
        stack.callback(sys.modules.pop, module.__name__)
    vars(torch)["_dynamo"] = compiler
    stack.callback(vars(torch).pop, "_dynamo")
    _replace(stack, torch.distributed, "is_available", lambda: False)


def _build_off_the_meta_device(stack: ExitStack) -> None:
    """Give a model untouched memory instead, which costs nothing until the weights arrive."""
    import torch
    from transformers import PreTrainedModel
    from transformers.initialization import no_init_weights

    original = PreTrainedModel.get_init_context.__func__

    def get_init_context(cls: type, *args: Any, **options: Any) -> list[Any]:
        contexts = original(cls, *args, **options)
        return [*(each for each in contexts if not isinstance(each, torch.device)), no_init_weights()]

    stack.callback(setattr, PreTrainedModel, "get_init_context", classmethod(original))
    setattr(PreTrainedModel, "get_init_context", classmethod(get_init_context))  # noqa: B010


def _replace(stack: ExitStack, owner: Any, name: str, value: object) -> None:
    stack.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, value)


def _unmarked(function: Callable[..., Any] | None = None, **_: Any) -> Any:
    """Stands in for a decorator, with or without brackets, and leaves the function as it is."""
    return function if function is not None else _unmarked


def _transform_get_item_to_index() -> Any:
    """The real context manager, loaded by the first model that builds its mask with ``torch.vmap``; ours do not."""
    return importlib.import_module(_HIGHER_ORDER).TransformGetItemToIndex()
