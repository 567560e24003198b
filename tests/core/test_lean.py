"""Libraries are loaded without the parts nobody here uses, and behave as with them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_ANSWER = """
from core.embedder import get_embedder
from core.generator import get_generator

vector = get_embedder().encode(["The parcel arrived late."])[0]
words = get_generator("local").complete([{"role": "user", "content": "What is a database?"}], 8).text
"""
_LEAN = """
import json, sys
unused = {"torch._dynamo", "torch._inductor", "torch.distributed.tensor", "torch._decomp", "sympy", "rich"}
unused &= set(sys.modules)
import torch
from transformers import PreTrainedModel
contexts = PreTrainedModel.get_init_context(torch.float32, False, False, None)
restored = any(isinstance(each, torch.device) for each in contexts)
doubled = torch.compile(lambda x: x * 2, backend="eager")(torch.ones(1)).item()
real = "torch._dynamo.eval_frame" in sys.modules and "meta_take" in dir(torch._meta_registrations)
print(json.dumps([vector.tolist(), words, sorted(unused), restored, doubled, real]))
"""
_WHOLE = """
import json
print(json.dumps([vector.tolist(), words]))
"""


def _run(code: str) -> list[object]:
    """What a fresh interpreter prints as JSON on its last line."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[object] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def lean() -> list[object]:
    """Vector, answer, unused parts that were loaded, and what torch does afterwards."""
    return _run(_ANSWER + _LEAN)


def test_models_load_and_answer_without_the_compiler(lean: list[object]) -> None:
    assert lean[2] == []


def test_answers_are_the_same_as_with_the_compiler_loaded(lean: list[object]) -> None:
    whole = _run("import torch._dynamo\n" + _ANSWER + _WHOLE)
    assert lean[:2] == whole


def test_torch_is_as_it_was_afterwards_and_compiles(lean: list[object]) -> None:
    assert lean[3:] == [True, 2.0, True]


@pytest.mark.parametrize(
    "part",
    [
        "torch._prims",
        "torch._refs",
        "torch._decomp",
        "torch.utils._content_store",
        "torch.distributed.tensor",
    ],
)
def test_any_part_of_the_shapes_can_be_the_first_that_is_imported(part: str) -> None:
    again = _run(
        "import importlib, json, sys\n"
        "from core.lean import import_torch\n"
        "import_torch()\n"
        f"part = importlib.import_module({part!r})\n"
        "whole = 'meta_take' in dir(sys.modules['torch._meta_registrations'])\n"
        "same = importlib.import_module(part.__name__) is part and part.__spec__.origin == part.__file__\n"
        "print(json.dumps([whole, same]))"
    )
    assert again == [True, True]


def test_prophet_comes_without_matplotlib_and_matplotlib_can_be_imported_later() -> None:
    found = _run(
        "import json, sys\n"
        "from core.lean import import_prophet\n"
        "prophet = import_prophet()\n"
        "without = 'matplotlib' not in sys.modules\n"
        "import matplotlib\n"
        "print(json.dumps([without, callable(prophet.Prophet), matplotlib.__name__]))\n"
    )
    assert found == [True, True, "matplotlib"]


def test_series_are_forecast_without_formulaic_which_can_be_imported_later() -> None:
    found = _run(
        "import json, sys\n"
        "import numpy as np\n"
        "from core.sql_ai.ml import methods\n"
        "values = np.random.default_rng(1).normal(size=60).cumsum()\n"
        "lags = methods._lagged(values, 1, True)\n"
        "form = methods._smoothed(values, [methods.Form(None, False, None)], 1)\n"
        "wanders = methods._wanders(values)\n"
        "without = 'statsmodels.tsa.ar_model' in sys.modules and 'formulaic' not in sys.modules\n"
        "import formulaic\n"
        "print(json.dumps([without, len(lags.params) > 0, form is not None, wanders, callable(formulaic.Formula)]))\n"
    )
    assert found == [True, True, True, True, True]


def test_the_polarity_of_textblob_comes_without_nltk_and_is_that_of_the_whole_package() -> None:
    lean, whole, without, again = _run(
        "import json, sys\n"
        "from core.lean import import_polarity\n"
        "texts = ['A lovely lamp, but it broke.', 'not very good!', 'terribly sad :-(', '', 'It is a lamp.']\n"
        "lean = list(map(import_polarity(), texts))\n"
        "without = not {'nltk', 'textblob'} & set(sys.modules)\n"
        "again = list(map(import_polarity(), texts))\n"
        "from textblob import TextBlob\n"
        "whole = [TextBlob(text).sentiment.polarity for text in texts]\n"
        "print(json.dumps([lean, whole, without, again]))\n"
    )
    assert lean == whole == again
    assert without
    assert len(set(lean)) > 3


def test_models_are_written_and_read_without_pytest_and_torch_which_can_be_imported_later() -> None:
    found = _run(
        "import json, sys\n"
        "from core.lean import import_skops\n"
        "skops = import_skops()\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])\n"
        "again = skops.loads(skops.dumps(model))\n"
        "loaded = sorted({'pytest', 'torch'} & set(sys.modules))\n"
        "import sklearn.externals.array_api_compat.torch\n"
        "print(json.dumps([again.predict([[2.0]]).tolist(), loaded, 'torch' in sys.modules]))\n"
    )
    assert found == [[1], [], True]


def test_a_store_of_runs_opens_without_tools_for_generative_ai_which_work_once_they_are_asked_for() -> None:
    unused, loaded, works = _run(
        "import json, sys, tempfile\n"
        "from pathlib import Path\n"
        "from core.mlops import open_workspace\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    open_workspace(Path(folder)).runs()\n"
        "unused = sorted({'fastapi', 'mlflow.genai.evaluation', 'mlflow.genai.judges.builtin'} & set(sys.modules))\n"
        "import mlflow\n"
        "from mlflow.gateway import get_gateway_uri\n"
        "from mlflow.genai.scorers import RegexMatch, Scorer\n"
        "works = [callable(mlflow.genai.evaluate), callable(get_gateway_uri), issubclass(RegexMatch, Scorer),\n"
        "         callable(mlflow.genai.judges.make_judge), hasattr(mlflow.genai, 'nothing')]\n"
        "loaded = sorted({'fastapi', 'mlflow.genai.evaluation', 'mlflow.genai.judges.builtin'} & set(sys.modules))\n"
        "print(json.dumps([unused, loaded, works]))\n"
    )
    assert unused == []
    assert loaded == ["fastapi", "mlflow.genai.evaluation", "mlflow.genai.judges.builtin"]
    assert works == [True, True, True, True, False]


def test_skops_which_looks_into_all_modules_does_not_load_what_is_put_off() -> None:
    unused, works = _run(
        "import json, sys\n"
        "from core.lean import import_skops, put_off_genai\n"
        "put_off_genai()\n"
        "import mlflow\n"
        "io = import_skops()\n"
        "import numpy\n"
        "again = io.loads(io.dumps([numpy.log1p, numpy.float32(2)]))\n"
        "unused = sorted({'fastapi', 'mlflow.genai.evaluation', 'mlflow.genai.judges.builtin'} & set(sys.modules))\n"
        "works = [again[0] is numpy.log1p, callable(mlflow.genai.evaluate)]\n"
        "print(json.dumps([unused, works]))\n"
    )
    assert unused == []
    assert works == [True, True]


def test_a_store_of_runs_opens_without_cryptography_and_secrets_of_webhooks_are_encrypted_all_the_same() -> (
    None
):
    unused, stored, told = _run(
        "import json, sqlite3, sys, tempfile\n"
        "from pathlib import Path\n"
        "from core.mlops import open_workspace\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    workspace = open_workspace(Path(folder))\n"
        "    workspace.runs()\n"
        "    unused = sorted(name for name in sys.modules if name.startswith('cryptography'))\n"
        "    from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent\n"
        "    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore\n"
        "    events = [WebhookEvent(WebhookEntity.REGISTERED_MODEL, WebhookAction.CREATED)]\n"
        "    store = SqlAlchemyStore(workspace.store.uri)\n"
        "    made = store.create_webhook('bell', 'https://1.1.1.1/bell', events, secret='quiet')\n"
        "    with sqlite3.connect(Path(folder) / 'mlflow.db') as database:\n"
        "        stored = database.execute('SELECT secret FROM webhooks').fetchone()[0]\n"
        "    told = store.get_webhook(made.webhook_id).secret\n"
        "print(json.dumps([unused, stored, told]))\n"
    )
    assert unused == []
    assert "quiet" not in str(stored)
    assert told == "quiet"


def test_a_package_that_is_put_off_is_run_once_and_again_after_it_failed(tmp_path: Path) -> None:
    package = tmp_path / "late"
    package.mkdir()
    (package / "part.py").write_text("value = 1")
    (package / "__init__.py").write_text(
        "import runs\nruns.count += 1\nif runs.count == 1: raise OSError\nmade = 3\n"
    )
    (tmp_path / "runs.py").write_text("count = 0")
    found = _run(
        f"import json, sys\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "from core.lean import put_off\n"
        "import runs\n"
        "put_off('late')\n"
        "import late.part\n"
        "counts = [late.part.value, runs.count]\n"
        "try:\n"
        "    late.made\n"
        "except OSError:\n"
        "    counts.append(runs.count)\n"
        "counts += [late.made, late.made, runs.count, len(sys.meta_path), type(late).__name__]\n"
        "put_off('late')\n"
        "import late\n"
        "print(json.dumps([*counts, len(sys.meta_path), late.made]))\n"
    )
    assert found[:6] == [1, 0, 1, 3, 3, 2]
    assert found[6] == found[8], "there is one finder"
    assert found[7] == "module"
    assert found[9] == 3


_CROSSING = """
import json, sys, threading
sys.path.insert(0, {folder!r})
from core.lean import put_off
import events
put_off("late", "other")
import late, other
found = []
def read():
    events.importing.wait()
    found.append(late.made)
threads = [threading.Thread(target=read, daemon=True), threading.Thread(target=__import__, args=("slow",), daemon=True)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(20)
print(json.dumps([[thread.is_alive() for thread in threads], found, getattr(sys.modules.get("slow"), "seen", None)]))
"""
_TOGETHER = """
import json, sys, threading, time
from core.lean import import_polarity, import_skops, put_off_genai
def open_mlflow():
    put_off_genai()
    import mlflow
    return mlflow
def evaluate():
    return open_mlflow().genai.evaluate
def gateway():
    open_mlflow()
    from mlflow.gateway import get_gateway_uri
    return get_gateway_uri
def scorers():
    open_mlflow()
    from mlflow.genai.scorers import RegexMatch
    return RegexMatch
def judges():
    return open_mlflow().genai.judges.make_judge
def below():
    open_mlflow()
    import mlflow.genai.judges.builtin as below
    return below.is_correct
jobs = [evaluate, gateway, scorers, judges, below, import_skops, import_polarity] * 2
jobs = jobs[{first}:] + jobs[:{first}]
together, done, failed = threading.Barrier(len(jobs)), [], []
def run(job):
    together.wait()
    try:
        done.append(callable(job()) or job is import_skops)
    except BaseException as error:
        failed.append(f"{{job.__name__}}: {{error!r}}")
threads = [threading.Thread(target=run, args=(job,), daemon=True) for job in jobs]
for thread in threads:
    thread.start()
end = time.monotonic() + 60
for thread in threads:
    thread.join(max(end - time.monotonic(), 0))
print(json.dumps([sum(thread.is_alive() for thread in threads), failed, all(done)]))
"""


def test_a_thread_reads_on_while_the_one_that_reads_waits_for_its_import(tmp_path: Path) -> None:
    files = {
        "events.py": "from threading import Event\nimporting, reading = Event(), Event()",
        "late/__init__.py": "import events\nearly = 1\nevents.reading.set()\nimport slow\nmade = 2",
        "other/__init__.py": "made = 3",
        "slow.py": "import events, late, other\nevents.importing.set()\nevents.reading.wait()\n"
        "seen = [other.made, late.early]",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    alive, made, seen = _run(_CROSSING.format(folder=str(tmp_path)))
    assert alive == [False, False]
    assert made == [2]
    assert seen == [3, 1]


@pytest.mark.parametrize(
    "use",
    [
        "from mlflow.genai.scorers import RegexMatch as used",
        "from mlflow.genai.scorers.online import OnlineScorer as used",
        "import mlflow.genai.judges.builtin; used = mlflow.genai.judges.make_judge",
    ],
)
def test_what_is_put_off_can_be_the_first_that_is_used(use: str) -> None:
    code = f"import json\nfrom core.lean import put_off_genai\nput_off_genai()\nimport mlflow\n{use}\n"
    assert _run(f"{code}print(json.dumps([callable(used)]))") == [True]


@pytest.mark.parametrize("first", [0, 3])
def test_threads_import_and_use_what_is_put_off_at_the_same_time(first: int) -> None:
    alive, failed, works = _run(_TOGETHER.format(first=first))
    assert alive == 0
    assert failed == []
    assert works


def test_pages_score_without_the_web_framework_of_the_service() -> None:
    loaded, made = _run(
        "import json, sys\n"
        "import core.ui.mlops.records, core.ui.mlops.predict\n"
        "loaded = sorted({'fastapi', 'prometheus_client'} & set(sys.modules))\n"
        "from core.mlops.serving import create_app\n"
        "print(json.dumps([loaded, callable(create_app)]))\n"
    )
    assert loaded == []
    assert made
