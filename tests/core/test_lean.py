"""Libraries are loaded without the parts nobody here uses, and behave as with them."""

import json
import subprocess
import sys

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
        "from sklearn.linear_model import LogisticRegression\n"
        "skops = import_skops()\n"
        "model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])\n"
        "again = skops.loads(skops.dumps(model))\n"
        "loaded = sorted({'pytest', 'torch'} & set(sys.modules))\n"
        "import sklearn.externals.array_api_compat.torch\n"
        "print(json.dumps([again.predict([[2.0]]).tolist(), loaded, 'torch' in sys.modules]))\n"
    )
    assert found == [[1], [], True]
