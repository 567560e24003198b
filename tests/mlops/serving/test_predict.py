import asyncio
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.mlops.schema import conform
from core.mlops.serving import records
from core.mlops.serving.middleware import BodyLimit
from tests.mlops.serving.conftest import RECORD, Stuck, wait_until
from tests.support.running import run

JSON = {"content-type": "application/json"}


def test_one_record_gets_one_answer_and_a_list_gets_a_list(serve):
    client = serve()
    one = client.post("/predict", json=RECORD).json()
    many = client.post("/predict", json=[RECORD, {**RECORD, "Contract": "Two year", "tenure": 70}]).json()
    assert set(one) == {"probability", "label", "model_version", "model_name", "warnings"}
    assert (one["model_version"], one["model_name"], one["label"]) == (1, "churn", "Yes")
    assert many[0] == one
    assert many[1]["label"] == "No"
    assert many[1]["probability"] < 0.5 <= one["probability"]


def test_the_answer_is_the_models_own_probability(serve, fitted):
    rows = fitted["frame"].head(20)
    answers = serve().post("/predict", json=rows.to_dict(orient="records")).json()
    expected = fitted[1].predict_proba(rows)[:, 1]
    assert [a["probability"] for a in answers] == pytest.approx(list(expected))


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"tenure": "five"}, "tenure", "finite number"),
        ({"tenure": [5]}, "tenure", "single value"),
        ({"tenure": True}, "tenure", "finite number"),
        ({"tenure": 10**400}, "tenure", "finite number"),
        ({"tenure": -1e39}, "tenure", "number up to 3.4e+38"),  # a forest fails on it
        ({"tenure": "1e39"}, "tenure", "number up to 3.4e+38"),
        ({"Contract": {"a": 1}}, "Contract", "single value"),
    ],
)
def test_a_wrong_value_is_refused_and_its_field_named(serve, change, field, reason):
    answer = serve().post("/predict", json={**RECORD, **change})
    assert answer.status_code == 422
    problem = answer.json()["detail"][0]
    assert problem["loc"] == ["body", field]
    assert field in problem["msg"]
    assert reason in problem["msg"]


def test_numbers_that_json_should_not_have_are_refused(serve):
    body = json.dumps({**RECORD, "tenure": float("nan")})
    answer = serve().post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert "tenure" in answer.text


def test_a_missing_field_is_named_with_the_record_and_the_likely_typo(serve):
    record = {("Tenur" if name == "tenure" else name): value for name, value in RECORD.items()}
    detail = serve().post("/predict", json=[RECORD, record]).json()["detail"]
    assert detail[0]["loc"] == ["body", 1, "tenure"]
    assert detail[0]["type"] == "missing"
    assert "did you mean 'Tenur'" in detail[0]["msg"]


def test_every_wrong_field_is_told_at_once(serve):
    detail = serve().post("/predict", json={"Contract": "One year", "SeniorCitizen": 0}).json()["detail"]
    assert {item["loc"][-1] for item in detail} == {"tenure", "MonthlyCharges"}


@pytest.mark.parametrize("payload", [[], [1], "text", None, 3, [[1, 2]]])
def test_what_is_no_record_is_refused(serve, payload):
    assert serve().post("/predict", json=payload).status_code == 422


def test_a_body_that_is_no_json_is_refused(serve):
    answer = serve().post("/predict", content=b"{not json", headers={"content-type": "application/json"})
    assert answer.status_code == 422


def test_half_characters_in_names_and_values_are_reported_and_break_no_answer(serve):
    client = serve()
    record = {**RECORD, "Contract": "x\ud800", "\udfff": 1}
    answer = client.post("/predict", content=json.dumps(record), headers=JSON)
    assert answer.status_code == 200
    assert answer.json()["warnings"] == [
        "extra field '?' is ignored",
        "field 'Contract': 'x?' is a category the model has not seen",
    ]
    stray = {("tenur\ud800" if name == "tenure" else name): value for name, value in RECORD.items()}
    answer = client.post("/predict", content=json.dumps(stray), headers=JSON)
    assert answer.status_code == 422
    assert "did you mean 'tenur?'" in answer.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/invocations", {"dataframe_split": {"columns": ["\ud800"], "data": [[1]]}}),
        ("/invocations", {"dataframe_split": {"columns": ["\ud800"], "data": [[1, 2]]}}),
        (
            "/v2/models/churn/infer",
            {"inputs": [{"name": "\ud800", "shape": [1], "datatype": "Z", "data": [1]}]},
        ),
    ],
)
def test_half_characters_break_no_refusal_of_any_protocol(serve, path, body):
    answer = serve().post(path, content=json.dumps(body), headers=JSON)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_that_is_not_marked_as_json_is_told_which_header_to_send(serve, kind):
    headers = {"content-type": kind} if kind else {}
    answer = serve().post("/predict", content=json.dumps(RECORD), headers=headers)
    assert answer.status_code == 415
    assert "Content-Type: application/json" in answer.json()["hint"]


@pytest.mark.parametrize("body", ["", "{", "[" * 100_000, b"\xff"])
def test_what_cannot_be_read_is_refused_with_what_to_send(serve, body):
    answer = serve().post("/predict", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    assert "a list of records" in answer.json()["hint"]


@pytest.mark.parametrize("path", ["/nothing", "/predict"])
def test_a_wrong_route_or_method_is_told_where_the_right_ones_stand(serve, path):
    assert "/docs" in serve().get(path).json()["hint"]


def test_unknown_categories_extra_and_empty_fields_are_scored_and_reported(serve):
    record = {**RECORD, "Contract": "Weekly", "tenure": None, "customerID": "0001-SECRET"}
    answer = serve().post("/predict", json=record)
    assert answer.status_code == 200
    warnings = " | ".join(answer.json()["warnings"])
    assert "'Weekly' is a category the model has not seen" in warnings
    assert "field 'tenure' is empty" in warnings
    assert "extra field 'customerID' is ignored" in warnings
    assert "0001-SECRET" not in warnings


def test_values_outside_the_training_range_are_scored_with_a_warning(serve):
    warnings = serve().post("/predict", json={**RECORD, "tenure": 500}).json()["warnings"]
    assert warnings == ["field 'tenure': 500 is outside the training range 0 to 72"]


@pytest.mark.parametrize("code", [0, 0.0, "0", False, "no"])
def test_a_code_means_the_same_in_every_notation(serve, code):
    answer = serve().post("/predict", json={**RECORD, "SeniorCitizen": code}).json()
    assert answer["warnings"] == []


def test_text_numbers_as_a_csv_has_them_are_read(serve):
    client = serve()
    text = client.post("/predict", json={**RECORD, "tenure": "5", "MonthlyCharges": " 95.5 "}).json()
    assert text == client.post("/predict", json=RECORD).json()


def test_odd_values_of_many_records_are_read_in_one_go_for_each_field(serve, monkeypatch):
    """A CSV has its numbers as texts: read one by one, a thousand records took three quarters of a minute."""
    reads = []
    monkeypatch.setattr(records, "conform", lambda *given: reads.append(given) or conform(*given))
    tenures = [1, "1", True, 1.0, "7", "", "1", "30", None]
    given = [{**RECORD, "tenure": t, "Contract": f"odd {t!r}"} for t in tenures if t is not True]
    client = serve()
    answers = client.post("/predict", json=given).json()
    assert len(reads) == 3, "tenure, Contract and SeniorCitizen, whose code comes as a number"
    assert answers == [client.post("/predict", json=record).json() for record in given]
    refused = client.post("/predict", json=[{**RECORD, "tenure": t} for t in tenures]).json()
    assert [problem["loc"] for problem in refused["detail"]] == [["body", 2, "tenure"]]


def test_batches_and_bodies_have_limits(serve):
    client = serve(max_batch=10, max_body_bytes=2000)
    assert client.post("/predict", json=[RECORD] * 10).status_code == 200
    too_many = client.post("/predict", json=[RECORD] * 11)
    assert too_many.status_code == 422
    assert "the limit is 10" in too_many.text
    too_long = client.post("/predict", json=[RECORD] * 100)
    assert too_long.status_code == 413
    assert "2000 bytes" in too_long.text


def test_a_body_without_announced_length_is_limited_too(serve):
    def stream():
        for _ in range(50):
            yield b" " * 100

    assert serve(max_body_bytes=1000).post("/predict", content=stream()).status_code == 413


def refused_body(receive, seconds):
    """What `BodyLimit` sends for a body that ``receive`` never completes."""
    sent = []

    async def send(message):
        sent.append(message)

    async def app(scope, receive, send):
        raise AssertionError("the request is not complete")

    run(BodyLimit(app, limit=5000, seconds=seconds)({"type": "http", "headers": []}, receive, send))
    return sent


def test_a_body_that_never_arrives_is_given_up():
    """A client that sends a byte now and then would hold its place, and what it has sent, for ever."""

    async def receive():
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    sent = refused_body(receive, seconds=0.1)
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["hint"]


def test_a_body_whose_client_hung_up_is_not_taken_for_whole():
    """The rows that had come would be scored, and would count for drift and for the rollback guard."""
    messages = [
        {"type": "http.request", "body": b"a,b\n1,2\n", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive():
        return messages.pop(0)

    assert refused_body(receive, seconds=5)[0]["status"] == 400


def test_a_model_that_fails_gives_500_without_details_and_the_request_id(serve, registry):
    registry.models[1] = Stuck(0.4)
    client = serve()
    registry.models[1].value = float("inf")
    answer = client.post("/predict", json=RECORD, headers={"x-request-id": "abc-1"})
    assert answer.status_code == 500
    assert "boom" not in answer.text
    assert answer.json()["request_id"] == "abc-1"
    assert answer.headers["x-request-id"] == "abc-1"


def test_values_that_are_no_probabilities_are_never_answered(serve, registry):
    registry.models[1] = Stuck(0.4)
    client = serve()
    registry.models[1].value = 1.5
    assert client.post("/predict", json=RECORD).status_code == 503


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(values=st.fixed_dictionaries(dict.fromkeys(RECORD, json_values)))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_whatever_makes_the_service_fail(fuzz_client, values):
    body = json.dumps(values)
    answer = fuzz_client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        assert any(name in answer.text for name in RECORD)


@pytest.fixture
def fuzz_client(serve):
    return serve()


class Recorder:
    def __init__(self):
        self.entries = []

    def info(self, event, **fields):
        self.entries.append({"event": event, **fields})


def test_requests_are_counted_timed_and_identified_without_personal_data(serve, monkeypatch):
    log = Recorder()
    monkeypatch.setattr("core.mlops.serving.middleware.get_logger", lambda name: log)
    client = serve()
    answer = client.post(
        "/predict", json={**RECORD, "customerID": "0001-SECRET"}, headers={"x-request-id": "r 1"}
    )
    assert answer.headers["x-request-id"] != "r 1"
    client.post("/predict", json={**RECORD, "Contract": "Weekly"})
    client.get("/nowhere/0001-SECRET")
    metrics = client.get("/metrics").text
    assert 'http_requests_total{method="POST",route="/predict",status="200"} 2.0' in metrics
    assert 'model_predictions_total{label="Yes",version="1"} 2.0' in metrics
    assert 'model_unknown_categories_total{column="Contract"} 1.0' in metrics
    assert "model_version 1.0" in metrics
    entry = next(entry for entry in log.entries if entry["route"] == "/predict")
    assert (entry["status"], entry["version"], entry["rows"]) == (200, 1, 1)
    assert entry["ms"] > 0
    assert entry["id"] == answer.headers["x-request-id"]
    assert "SECRET" not in f"{log.entries}{metrics}"


def test_two_apps_in_one_process_count_for_themselves(serve):
    first, second = serve(), serve()
    first.post("/predict", json=RECORD)
    assert "model_predictions_total{" not in second.get("/metrics").text


def test_an_api_key_protects_scoring_and_reload_but_not_health(serve):
    client = serve(api_key="s3cret")
    for path in ("/predict", "/model/reload", "/invocations", "/v2/models/churn/infer"):
        assert client.post(path, json=RECORD).status_code == 401
    wrong = client.post("/predict", json=RECORD, headers={"x-api-key": "s3creT"})
    assert wrong.status_code == 401
    assert client.post("/predict", json=RECORD, headers={"x-api-key": "s3cret"}).status_code == 200
    assert client.post("/predict", json=RECORD, headers={"authorization": "Bearer s3cret"}).status_code == 200
    assert client.get("/health/live").status_code == 200
    assert client.get("/metrics").status_code == 200


def test_who_guesses_the_api_key_is_slowed_down(serve):
    client = serve(api_key="s3cret", rate_limit_per_s=0.01, rate_limit_burst=3)
    codes = [
        client.post("/predict", json=RECORD, headers={"x-api-key": str(n)}).status_code for n in range(5)
    ]
    assert codes == [401, 401, 401, 429, 429]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://testserver.evil.example"])
@pytest.mark.parametrize("path", ["/predict", "/model/reload", "/model/rollback", "/invocations"])
def test_a_page_of_another_site_makes_no_browser_call_the_service(serve, path, origin):
    """A browser sends such a POST without asking first: it needs no key where none is set."""
    client = serve()
    headers = {"origin": origin, "content-type": "text/plain"}
    answer = client.post(path, content=json.dumps(RECORD), headers=headers)
    assert answer.status_code == 403
    own = client.post("/predict", json=RECORD, headers={"origin": str(client.base_url)})
    assert own.status_code == 200, "the service's own page at /docs may call it"


@pytest.mark.parametrize(
    ("host", "key", "status"),
    [
        ("rebound.example:8001", None, 403),
        ("rebound.example:8001", "s3cret", 200),
        ("127.0.0.1:8001", None, 200),
        ("[::1]:8001", None, 200),
        ("localhost:8001", None, 200),
    ],
)
def test_a_public_name_that_points_at_a_keyless_service_gives_its_pages_no_access(serve, host, key, status):
    """DNS rebinding: the page's origin and the request's host are the same, and both are the attacker's."""
    client = serve(api_key=key)
    headers = {"origin": f"http://{host}", "host": host} | ({"x-api-key": key} if key else {})
    assert client.post("/predict", json=RECORD, headers=headers).status_code == status


def test_an_origin_that_is_no_address_is_another_site(serve):
    assert serve().post("/model/reload", headers={"origin": "http://["}).status_code == 403


@pytest.mark.timeout(30)  # each missing field was compared with each of the fields that nobody asked for
def test_a_record_of_a_hundred_thousand_unknown_fields_is_answered_at_once_and_briefly(serve):
    client = serve()
    strays = {f"tenur{number}": 0 for number in range(100_000)}
    missing = client.post("/predict", json=strays)
    assert missing.status_code == 422
    assert "did you mean 'tenur" in missing.text
    whole = client.post("/predict", json=RECORD | strays).json()
    assert len(whole["warnings"]) == 21
    assert "99980 more extra fields" in whole["warnings"][-1]


def test_a_category_of_a_megabyte_is_not_kept(serve):
    """The latest rows are kept in memory for drift: two thousand of five megabytes would be ten gigabytes."""
    client = serve()
    answer = client.post("/predict", json={**RECORD, "Contract": "w" * 1_000_000})
    assert "a category the model has not seen" in answer.json()["warnings"][0]
    (chunk,) = client.app.state.service._window._chunks
    assert len(chunk.frame["Contract"].iloc[0]) < 100


def test_a_method_that_nobody_knows_is_no_series_of_its_own(serve):
    client = serve()
    for number in range(20):
        assert client.request(f"ODD{number}", "/predict").status_code in (400, 405)
    text = client.get("/metrics").text
    assert 'method="other"' in text
    assert "ODD" not in text


def test_a_client_beyond_the_rate_limit_is_told_when_to_come_back(serve):
    client = serve(rate_limit_per_s=0.01, rate_limit_burst=3)
    codes = [client.post("/predict", json=RECORD).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    assert int(client.post("/predict", json=RECORD).headers["retry-after"]) > 1
    assert client.get("/health").status_code == 200


REFUSED = [
    ("post", "/predict", "/predict", b"\xff", {}, 400),
    ("post", "/predict", "/predict", b"{}", {}, 422),
    ("post", "/predict", "/predict", b"{}", {"content-type": "text/plain"}, 415),
    ("post", "/invocations", "/invocations", b"{", {}, 400),
    ("post", "/invocations", "/invocations", b"x", {"content-type": "text/html"}, 415),
    ("post", "/invocations", "/invocations", b" " * 3000, {}, 413),
    ("post", "/v2/models/{name}/infer", "/v2/models/churn/infer", b"{}", {}, 400),
    ("post", "/v2/models/{name}/infer", "/v2/models/churn/infer", b" " * 3000, {}, 413),
    ("get", "/v2/models/{name}", "/v2/models/other", None, {}, 404),
    ("get", "/v2/models/{name}/ready", "/v2/models/other/ready", None, {}, 404),
    ("get", "/model/info", "/model/info", None, {"origin": "http://evil.example"}, 403),
    ("post", "/model/reload", "/model/reload", None, {"origin": "http://evil.example"}, 403),
    ("post", "/model/rollback", "/model/rollback", None, {}, 409),
    ("get", "/drift", "/drift", None, {}, 422),
]


@pytest.mark.parametrize(("method", "route", "path", "body", "headers", "status"), REFUSED)
def test_every_refusal_is_in_the_openapi_document_in_the_form_it_has(
    serve, method, route, path, body, headers, status
):
    client = serve(max_body_bytes=2000)
    answer = client.request(method, path, content=body, headers=JSON | headers)
    assert answer.status_code == status
    document = client.get("/openapi.json").json()
    told = document["paths"][route][method]["responses"][str(status)]["content"]["application/json"]["schema"]
    shape = document["components"]["schemas"][told["$ref"].rsplit("/", 1)[-1]]
    assert set(shape["required"]) <= set(answer.json()) <= set(shape["properties"])


def test_the_openapi_document_shows_the_fields_of_the_loaded_model(serve):
    client = serve()
    record = client.get("/openapi.json").json()["components"]["schemas"]["Record"]
    assert record["required"] == list(RECORD)
    assert record["example"]["Contract"] == "Month-to-month"


def test_without_the_key_the_openapi_document_tells_nothing_of_the_model(serve):
    """`/model/info` needs the key for the same names and categories."""
    client = serve(api_key="s3cret")
    document = client.get("/openapi.json")
    assert document.status_code == 200
    assert "MonthlyCharges" not in document.text
    assert "/model/info" in document.json()["components"]["schemas"]["Record"]["description"]


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_pages_about_the_routes_need_no_network(serve, page):
    client = serve()
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", client.get(page).text)
    assert len(addresses) >= 2
    assert [client.get(address).status_code for address in addresses] == [200] * len(addresses)
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)


def test_the_challenger_scores_live_requests_in_the_shadow(serve, registry):
    registry.aliases["challenger"] = 2
    client = serve()
    shadow = client.app.state.service.shadow
    wait_until(lambda: shadow.report().challenger == 2)
    answers = client.post("/predict", json=[RECORD] * 5).json()
    shadow.wait()
    assert {answer["model_version"] for answer in answers} == {1}
    report = client.get("/shadow").json()
    assert (report["champion"], report["challenger"], report["rows"]) == (1, 2, 5)
    assert report["mean_absolute_difference"] > 0
    assert len(report["pairs"]) == 5
    assert client.get("/model/info").json()["shadow"]["rows"] == 5


def test_a_challenger_that_fails_is_a_finding_and_no_clients_problem(serve, registry):
    registry.aliases["challenger"] = 3
    registry.models[3] = Stuck(0.2)
    client = serve()
    shadow = client.app.state.service.shadow
    wait_until(lambda: shadow.report().challenger == 3)
    registry.models[3].value = float("inf")
    assert client.post("/predict", json=RECORD).status_code == 200
    shadow.wait()
    assert client.get("/shadow").json()["errors"] == 1


def test_live_requests_are_compared_with_the_training_reference(serve, fitted):
    client = serve()
    assert client.get("/drift").status_code == 422
    same = fitted["frame"].sample(400, random_state=1)
    client.post("/predict", json=same.to_dict(orient="records"))
    assert client.get("/drift").json()["verdict"] == "stable"
    dearer = same.assign(MonthlyCharges=same["MonthlyCharges"] * 1.5)
    client.post("/predict", json=dearer.to_dict(orient="records"))
    report = client.get("/drift").json()
    assert report["verdict"] == "drift"
    assert report["rows_current"] == 800


def test_empty_fields_of_live_requests_are_missing_values_not_a_new_category(serve, fitted):
    client = serve()
    rows = fitted["frame"].sample(400, random_state=1).assign(Contract=None, tenure=None)
    client.post("/predict", json=rows.to_dict(orient="records"))
    told = client.get("/drift").json()["quality"]
    assert {(issue["column"], issue["problem"]) for issue in told} == {
        ("Contract", "missing values"),
        ("tenure", "missing values"),
    }
