import json
import zipfile

import numpy as np
import pytest
import yaml

from core.errors import BadInput, StoreError
from core.mlops.algorithms import find_algorithms
from core.mlops.models import load_pipeline, read_facts
from core.mlops.training import positive_probability
from core.mlops.trust import TRUSTED_TYPES
from tests.mlops.conftest import NAMES, run_of


@pytest.fixture(scope="module")
def loaded(zoo):
    """Every algorithm's run, read back from its files."""
    found = {}
    for name in [*NAMES, "calibrated"]:
        where = "params.calibrated = 'True'" if name == "calibrated" else f"params.algorithm = '{name}'"
        run = zoo.run(zoo.runs(where).sort_values("start_time").iloc[0]["run_id"])
        folder = zoo.store.model_folder(run.model_id)
        facts = read_facts(folder)
        found[name] = (run, folder, facts, load_pipeline(folder, facts))
    return found


@pytest.mark.parametrize("name", [*NAMES, "calibrated"])
def test_an_algorithm_survives_logging_loading_and_predicting(zoo, loaded, name):
    run, _, facts, model = loaded[name]
    version = zoo.register(run.run_id)
    again = zoo.load_model(version)
    rows = zoo.holdout_data(version)
    p = positive_probability(again, rows)
    assert np.array_equal(p, positive_probability(model, rows))
    # The metric was computed before the model was written: the file holds the model that was measured.
    assert p.mean() == pytest.approx(
        np.mean([part["predicted"] for part in zoo.evaluation(run.run_id, "calibration")]), abs=1e-3
    )
    assert set(facts.trusted_types) <= set(TRUSTED_TYPES)
    assert facts.serialization_format == "skops"


@pytest.mark.parametrize("name", NAMES)
def test_mlflow_itself_reads_the_model_and_answers_the_same(zoo, loaded, name):
    import mlflow.pyfunc

    _, folder, facts, model = loaded[name]
    example = zoo.input_example(zoo.register(run_of(zoo, name)))
    answer = mlflow.pyfunc.load_model(str(folder)).predict(example)
    assert np.allclose(np.asarray(answer)[:, 1], positive_probability(model, example))
    assert [column["name"] for column in json.loads(facts.signature["inputs"])] == facts.schema.names


def test_the_allow_list_names_nothing_that_no_algorithm_needs(loaded):
    from skops.io import get_untrusted_types

    needed = {
        kind for _, folder, *_ in loaded.values() for kind in get_untrusted_types(file=folder / "model.skops")
    }
    assert needed == set(TRUSTED_TYPES)


def test_a_file_with_a_foreign_type_is_refused_whatever_its_description_allows(loaded, tmp_path):
    _, folder, facts, _ = loaded["logistic_regression_linear"]
    with zipfile.ZipFile(folder / "model.skops") as source:
        schema = source.read("schema.json").decode()
        others = {name: source.read(name) for name in source.namelist() if name != "schema.json"}
    evil = schema.replace('"LogisticRegression"', '"Popen"').replace(
        '"sklearn.linear_model._logistic"', '"subprocess"'
    )
    assert evil != schema
    with zipfile.ZipFile(tmp_path / "model.skops", "w") as target:
        target.writestr("schema.json", evil)
        for name, content in others.items():
            target.writestr(name, content)
    with pytest.raises(StoreError, match=r"not on the allow-list: subprocess\.Popen"):
        load_pipeline(tmp_path, facts)


def test_a_description_that_widens_the_list_is_refused_before_the_file_is_opened(loaded, tmp_path):
    _, folder, _, _ = loaded["knn"]
    content = yaml.safe_load((folder / "MLmodel").read_text())
    content["flavors"]["sklearn"]["skops_trusted_types"].append("os.system")
    (tmp_path / "MLmodel").write_text(yaml.safe_dump(content))
    with pytest.raises(StoreError, match=r"os\.system"):
        load_pipeline(tmp_path, read_facts(tmp_path))  # there is no model file: it was never looked for


def test_a_pickled_model_is_never_loaded(loaded, tmp_path):
    _, folder, _, _ = loaded["knn"]
    content = yaml.safe_load((folder / "MLmodel").read_text())
    content["flavors"]["sklearn"]["serialization_format"] = "cloudpickle"
    (tmp_path / "MLmodel").write_text(yaml.safe_dump(content))
    with pytest.raises(StoreError, match="can run code"):
        load_pipeline(tmp_path, read_facts(tmp_path))


@pytest.mark.parametrize(
    ("sklearn_version", "told"), [("0.24.2", "another major version"), ("", "does not say which")]
)
def test_a_model_of_another_major_version_is_refused(loaded, tmp_path, sklearn_version, told):
    _, folder, _, _ = loaded["knn"]
    content = yaml.safe_load((folder / "MLmodel").read_text())
    content["flavors"]["sklearn"]["sklearn_version"] = sklearn_version
    (tmp_path / "MLmodel").write_text(yaml.safe_dump(content))
    with pytest.raises(StoreError, match=told):
        load_pipeline(tmp_path, read_facts(tmp_path))


def test_an_unknown_algorithm_is_answered_with_the_nearest_name():
    with pytest.raises(BadInput, match="did you mean 'random_forest'"):
        find_algorithms(["random_forst"])


@pytest.mark.parametrize("calibrate", [False, True])
def test_the_smallest_table_that_is_accepted_has_neighbours_enough(empty, customers, calibrate):
    fewest = customers.groupby("Churn").head(30)
    (run,) = empty.train(fewest, "Churn", "Yes", ["knn"], budget_s=0.001, folds=5, calibrate=calibrate)
    neighbours = int(run.params["n_neighbors"])
    assert neighbours < 60 * 0.8 * 0.8, "the run tells the number that was used"


def test_the_same_seed_gives_the_same_scores(zoo, empty, customers):
    again = empty.train(customers, "Churn", "Yes", ["random_forest"], budget_s=0.001)[0]
    first = zoo.run(run_of(zoo, "random_forest"))
    assert again.metrics["roc_auc"] == first.metrics["roc_auc"]
    assert again.metrics["cv_roc_auc"] == first.metrics["cv_roc_auc"]
    assert again.params["holdout_digest"] == first.params["holdout_digest"]
