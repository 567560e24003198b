"""Whatever can grow in a process has a bound: read from the source, so that a new cache cannot be forgotten."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from core.config import ROOT

FILES = sorted([*(ROOT / "core").rglob("*.py"), ROOT / "Home.py", *(ROOT / "pages").glob("*.py")])
# Module-level containers that start empty, and what keeps each from growing.
CONTAINERS = {
    "core/code_pages.py:_known": "one entry a library that was loaded, none of which leaves",
    "core/generator.py:_generators": "one entry for each of the three generators",
    "core/log.py:_problems": "a deque with maxlen",
    "core/mlops/serving/__init__.py:_apps": "the one app of the service",
    "core/rag/matching.py:_weights": "the least recently used falls out beyond a constant",
    "core/rag/rerank.py:_token_cache": "the least recently used falls out beyond a constant",
    "core/lean.py:_being_read": "one entry a package that is put off, five of them, while it is read",
    "core/lean.py:_told_nothing": "one entry a thread that imports skops, while it does",
    "core/rag/shared_corpus.py:_opened": "one entry a folder, and the folder is a setting",
    "core/rag/vectors.py:_clients": "one entry a folder or server, both are settings",
    "core/telemetry.py:_counts": "kinds times outcomes, both closed sets",
    "core/telemetry.py:_hits": "names of caches, written in the source",
    "core/telemetry.py:_misses": "names of caches, written in the source",
    "core/telemetry.py:_recent": "a deque with maxlen",
}
EMPTY = {"dict", "list", "set", "deque", "OrderedDict", "Counter", "defaultdict", "WeakValueDictionary"}


@cache
def trees() -> list[tuple[str, ast.Module]]:
    return [(p.relative_to(ROOT).as_posix(), ast.parse(p.read_text(encoding="utf-8"))) for p in FILES]


def is_empty_container(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Dict | ast.List | ast.Set):
        return not (value.keys if isinstance(value, ast.Dict) else value.elts)
    if not isinstance(value, ast.Call):
        return False
    name = ast.unparse(value.func).rpartition(".")[2].partition("[")[0]
    return name in EMPTY and not value.args


def module_containers() -> Iterator[str]:
    for path, tree in trees():
        for node in tree.body:
            target = node.target if isinstance(node, ast.AnnAssign) else None
            target = node.targets[0] if isinstance(node, ast.Assign) else target
            empty = is_empty_container(getattr(node, "value", None))
            if isinstance(target, ast.Name) and empty and not is_filled_at_import(target.id):
                yield f"{path}:{target.id}"


def is_filled_at_import(name: str) -> bool:
    """A registry: filled by decorators or statements of modules, never by visitors."""
    return name.isupper() or name.lstrip("_").isupper()


def cached_functions() -> Iterator[tuple[str, str, bool]]:
    """Name, decorator, and whether the function takes arguments that make up a key."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                keys = [argument.arg for argument in node.args.args if argument.arg not in ("self", "cls")]
                keys = [name for name in keys if not name.startswith("_")]
                for decorator in node.decorator_list:
                    text = ast.unparse(decorator)
                    if "cache" in text and "cached_property" not in text:
                        yield f"{path}:{node.name}", text, bool(keys)


def test_every_growing_container_of_a_module_is_known_with_its_bound():
    assert set(module_containers()) == set(CONTAINERS)


def test_streamlit_caches_with_a_key_have_a_bound():
    without = [
        name
        for name, decorator, keyed in cached_functions()
        if decorator.startswith("st.") and keyed and "max_entries" not in decorator
    ]
    assert without == []


# what is cached for ever has a key that only the source can widen
FINITE = {
    "core/guide/loading.py:load_guide": "the one folder of the guide",
    "core/sql_ai/functions/opinion.py:_rated": "the embedding model of this process",
    "core/sql_ai/functions/opinion.py:_weights": "the fingerprint of the model and the training texts",
    "core/sql_ai/functions/redact_patterns.py:_plan": "four numbering plans",
    "core/sql_ai/functions/text.py:word_list": "names of word lists in assets",
    "core/ui/charts.py:_template": "light and dark",
    "core/ui/code_panel.py:_by_reference": "references written in pages and guide",
    "core/ui/proof.py:_inline": "texts of the pages' files",
    "core/ui/proof.py:_load": "pages of the registry",
    "core/ui/sql_ai/examples.py:_load": "the file of examples",
    "core/ui/theme.py:read": "style sheets of the project",
    "core/ui/widgets.py:_component": "files of assets/widgets",
}


def test_functions_cached_for_ever_have_few_keys():
    for_ever = {
        name
        for name, decorator, keyed in cached_functions()
        if keyed and decorator in ("cache", "functools.cache", "lru_cache(maxsize=None)", "lru_cache(None)")
    }
    assert for_ever == set(FINITE)


def test_every_deque_has_a_longest_length():
    counted = {
        "core/mlops/serving/guard.py",  # LiveWindow counts rows, of which a chunk holds several
        "core/sql_ai/udfs/aggregates.py",  # lives as long as one statement, within its row limit
    }
    for path, tree in trees():
        for node in ast.walk(tree) if path not in counted else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("deque"):
                assert "maxlen" in {word.arg for word in node.keywords}, f"{path}: {ast.unparse(node)}"


def test_the_sandbox_of_a_visitor_goes_with_the_session(monkeypatch):
    import gc

    from core.ui import visitors

    class Session(dict):
        pass

    gone, session = [], Session()
    monkeypatch.setattr(visitors.st, "session_state", session)
    monkeypatch.setattr(visitors, "_present", lambda: set())
    visitors.when_gone(gone.append, "sandbox")
    gc.collect()
    assert gone == []
    session.clear()
    gc.collect()
    assert gone == ["sandbox"]


@pytest.mark.parametrize("most", [3])
def test_ratings_beyond_the_bound_forget_the_oldest(data_dir, monkeypatch, most):
    from core.ui.rag import feedback
    from core.ui.rag.state import ChatSettings, Turn

    class Answer:
        passages, text, refused = (), "yes", False

    monkeypatch.setattr(feedback, "_MOST_RATINGS", most)
    for number in range(5):
        feedback.rate(Turn(f"q{number}", ChatSettings(4, "hybrid", "auto"), Answer()), up=True)
    assert feedback.tally().up == most


def test_the_log_of_the_service_starts_anew_beyond_its_bound(tmp_path, monkeypatch):
    from core.mlops import service_process
    from core.mlops.service_process import ManagedService

    monkeypatch.setattr(service_process, "_LOG_MOST", 100)
    service = ManagedService(tmp_path)
    service.start()
    service._log.write(b"x" * 500)
    assert "xxx" in service.log()
    service.status()
    assert "xxx" not in service.log()
    service.stop()
