import json
import subprocess
import sys
import tracemalloc

import pytest

from core.mlops.serving import invocations
from core.mlops.serving.refusal import Refused
from tests.mlops.serving.conftest import RECORD

NAMES = list(RECORD)
ROW = list(RECORD.values())
COLUMNS = {name: [value, value] for name, value in RECORD.items()}


@pytest.mark.parametrize(
    "payload",
    [
        {"dataframe_split": {"columns": NAMES, "data": [ROW, ROW]}},
        {"dataframe_split": {"columns": NAMES, "index": [7, 8], "data": [ROW, ROW]}},
        {"dataframe_records": [RECORD, RECORD]},
        {"instances": [RECORD, RECORD]},
        {"instances": [ROW, ROW]},
        {"inputs": COLUMNS},
        {"inputs": [RECORD, RECORD], "params": {}},
    ],
)
def test_mlflows_four_payloads_give_the_answer_of_predict(serve, payload):
    client = serve()
    expected = client.post("/predict", json=RECORD).json()
    answer = client.post("/invocations", json=payload)
    assert answer.status_code == 200
    body = answer.json()
    assert [p["probability"] for p in body["predictions"]] == [expected["probability"]] * 2
    assert body["model_version"] == 1


def test_csv_is_scored_with_quotes_and_a_byte_order_mark(serve):
    client = serve()
    text = '\ufefftenure,MonthlyCharges,Contract,SeniorCitizen\r\n5,95.5,"Month-to-month",0\r\n'
    answer = client.post(
        "/invocations", content=text.encode(), headers={"content-type": "text/csv; charset=utf-8"}
    )
    assert answer.status_code == 200
    expected = client.post("/predict", json=RECORD).json()
    assert answer.json()["predictions"][0]["probability"] == expected["probability"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({}, "exactly one of"),
        ({"instances": [RECORD], "inputs": [RECORD]}, "it has 2"),
        ({"instances": RECORD}, "must be a list"),
        ({"dataframe_split": {"columns": NAMES}}, "both lists"),
        ({"dataframe_split": {"columns": NAMES, "data": [[1]]}}, "4 columns are expected"),
        ({"inputs": {**COLUMNS, "tenure": [1]}}, "differ in length"),
        ({"dataframe_records": [{**RECORD, "tenure": "five"}]}, "tenure"),
        ([RECORD], "exactly one of"),
    ],
)
def test_a_bad_invocation_is_told_in_mlflows_form(serve, payload, reason):
    answer = serve().post("/invocations", json=payload)
    assert answer.status_code in (400, 422)
    body = answer.json()
    assert body["error_code"] == "INVALID_PARAMETER_VALUE"
    assert reason in body["message"]


@pytest.mark.parametrize(
    "read",
    [
        lambda: invocations._from_csv(b"a\n" + b"1\n" * 200_000, 1_000),
        lambda: invocations.from_columns({"a": [1] * 200_000}, 1_000),
        lambda: invocations._from_json({"instances": [[]] * 200_000}, ["a"], 1_000),
        lambda: invocations._from_json(
            {"dataframe_split": {"columns": [1], "data": [[]] * 200_000}}, [], 1_000
        ),
    ],
    ids=["csv", "inputs", "instances", "split"],
)
def test_a_body_of_short_rows_is_refused_before_its_records_are_made(read):
    """Five megabytes of them would be half a gigabyte of records."""
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="200000 records in one request; the limit is 1000"):
            read()
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_too_many_rows_are_told_in_the_form_of_the_protocol(serve):
    client = serve(max_batch=2)
    answer = client.post("/invocations", json={"inputs": {"tenure": [1, 2, 3]}})
    assert (answer.status_code, answer.json()["error_code"]) == (422, "INVALID_PARAMETER_VALUE")
    assert "3 records in one request" in answer.json()["message"]


def test_a_pickle_is_an_unsupported_media_type(serve):
    answer = serve().post(
        "/invocations", content=b"\x80\x04.", headers={"content-type": "application/x-pickle"}
    )
    assert answer.status_code == 415


def test_mlflows_health_check_and_version_answer(serve):
    client = serve()
    assert client.get("/ping").status_code == 200
    assert client.get("/version").text.count(".") == 2


def tensors(**changes):
    tensors = [
        {
            "name": name,
            "shape": [2],
            "datatype": "BYTES" if isinstance(value, str) else "FP64",
            "data": [value, value],
        }
        for name, value in RECORD.items()
    ]
    tensors[0] |= changes
    return {"id": "42", "inputs": tensors}


def test_the_inference_protocol_describes_the_model_and_scores_tensors(serve):
    client = serve()
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert client.get("/v2/models/churn/versions/1/ready").status_code == 200
    metadata = client.get("/v2/models/churn").json()
    assert [tensor["name"] for tensor in metadata["inputs"]] == NAMES
    expected = client.post("/predict", json=RECORD).json()
    for path in ("/v2/models/churn/infer", "/v2/models/churn/versions/1/infer"):
        answer = client.post(path, json=tensors()).json()
        assert (answer["id"], answer["model_name"], answer["model_version"]) == ("42", "churn", "1")
        outputs = {output["name"]: output for output in answer["outputs"]}
        assert outputs["probability"]["data"] == [expected["probability"]] * 2
        assert outputs["label"]["shape"] == [2]


def test_column_vectors_are_tensors_too(serve):
    answer = serve().post("/v2/models/churn/infer", json=tensors(shape=[2, 1], data=[[5], [5]]))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/v2/models/other", "There is no model 'other'; this service has 'churn'."),
        ("/v2/models/churn/versions/7", "Version 7 of 'churn' is not loaded; loaded: 1."),
        ("/v2/models/churn/versions/7/ready", "Version 7 of 'churn' is not loaded; loaded: 1."),
    ],
)
def test_an_unknown_model_or_version_is_named_exactly(serve, path, reason):
    answer = serve().get(path)
    assert answer.status_code == 404
    assert answer.json() == {"error": reason}


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [3]},
        {"shape": [1, 2]},
        {"shape": "2"},
        {"datatype": "PICKLE"},
        {"datatype": ["FP64"]},
        {"datatype": {"FP64": 1}},
        {"name": "MonthlyCharges"},
        {"data": None},
        {"name": 5},
    ],
)
def test_a_bad_tensor_is_told_in_the_protocols_form(serve, changes):
    answer = serve().post("/v2/models/churn/infer", json=tensors(**changes))
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}


def test_an_id_with_half_a_character_is_given_back_without_it(serve):
    body = json.dumps(tensors() | {"id": "a\ud800"})
    answer = serve().post(
        "/v2/models/churn/infer", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 200
    assert answer.json()["id"] == "a?"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/csv", "a," * 1_000_000 + "b\n1\n"),
        ("text/csv", "a" * 100_000 + ",b\n1\n"),
        ("application/json", json.dumps({"dataframe_split": {"columns": ["a"] * 100_000, "data": [[1]]}})),
    ],
)
def test_a_million_columns_are_not_repeated_in_their_refusal(serve, kind, body):
    answer = serve().post("/invocations", content=body, headers={"content-type": kind})
    assert answer.status_code == 400
    assert "columns are expected" in answer.json()["message"]
    assert len(answer.content) < 2000


def test_the_previous_version_stays_reachable_by_its_number(serve, registry):
    client = serve(shadow=False)
    registry.aliases["production"] = 2
    client.post("/model/reload")
    answer = client.post("/v2/models/churn/versions/1/infer", json=tensors()).json()
    assert answer["model_version"] == "1"
    assert client.get("/v2/models/churn").json()["versions"] == ["1", "2"]


def test_importing_the_service_loads_neither_mlflow_nor_sklearn():
    code = (
        "import sys, core.mlops.serving as s; s.create_app;"
        "heavy = {'mlflow', 'sklearn', 'pandas', 'torch', 'streamlit'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
