import threading

import pytest

from core.config_serving import DriftSettings
from core.errors import NotAvailable
from tests.mlops.serving.conftest import RECORD, Stuck, customers, wait_until


def version_of(client) -> int:
    return client.post("/predict", json=RECORD).json()["model_version"]


def test_reload_serves_the_promoted_version_and_keeps_the_previous(serve, registry):
    client = serve()
    assert client.post("/model/reload").json()["outcome"] == "unchanged"
    registry.aliases["production"] = 2
    assert client.get("/health").json()["stale"] is True
    assert version_of(client) == 1
    done = client.post("/model/reload").json()
    assert (done["outcome"], done["model_version"], done["previous_version"]) == ("reloaded", 2, 1)
    health = client.get("/health").json()
    assert (health["loaded"], health["registry"], health["stale"], health["previous"]) == (2, 2, False, 1)
    assert version_of(client) == 2


def test_going_back_to_the_previous_version_needs_no_load(serve, registry):
    client = serve(shadow=False)
    for version in (2, 1):
        registry.aliases["production"] = version
        done = client.post("/model/reload").json()
    assert done["reused"] is True
    assert registry.loads == [1, 2]


def test_rollback_is_instant_and_health_tells_that_the_registry_differs(serve, registry):
    client = serve(shadow=False)
    assert client.post("/model/rollback").status_code == 409
    registry.aliases["production"] = 2
    client.post("/model/reload")
    assert client.post("/model/rollback").json()["model_version"] == 1
    assert version_of(client) == 1
    assert client.get("/health").json()["stale"] is True


@pytest.mark.parametrize(
    "failure",
    [
        NotAvailable("Version 2 was saved with scikit-learn 0.24, this is 1.9", "Retrain it."),
        ValueError("bad zip file"),
        EOFError("truncated"),
    ],
)
def test_a_model_that_cannot_be_loaded_leaves_the_old_one_serving(serve, registry, failure):
    client = serve(shadow=False)
    registry.aliases["production"] = 2
    registry.broken[2] = failure
    answer = client.post("/model/reload")
    assert answer.status_code == 409
    assert "Version 2 of 'churn' cannot be served" in answer.json()["detail"]
    health = client.get("/health").json()
    assert (health["status"], health["loaded"], health["registry"], health["stale"]) == (
        "degraded",
        1,
        2,
        True,
    )
    assert "Version 2" in health["last_error"]
    assert client.get("/health/ready").status_code == 200
    assert version_of(client) == 1
    del registry.broken[2]
    assert client.post("/model/reload").json()["model_version"] == 2
    assert client.get("/health").json()["last_error"] is None


@pytest.mark.parametrize("value", [float("nan"), 1.5, -0.1, float("inf")])
def test_a_model_that_fails_its_warm_up_is_never_swapped_in(serve, registry, value):
    client = serve(shadow=False)
    registry.models[2] = Stuck(value)
    registry.aliases["production"] = 2
    assert client.post("/model/reload").status_code == 409
    assert version_of(client) == 1


@pytest.mark.fault(
    "the registry is unreachable during a reload",
    sees="answers of the loaded model; the fault in /health",
    kept="the loaded model",
    heals="the next reload",
)
def test_an_unreachable_registry_is_told_and_serving_goes_on(serve, registry):
    client = serve(shadow=False)
    registry.unreachable = True
    assert client.post("/model/reload").status_code == 503
    health = client.get("/health").json()
    assert (health["loaded"], health["registry"]) == (1, None)
    assert "store is locked" in health["last_error"]
    assert version_of(client) == 1


def test_a_removed_alias_refuses_the_reload_only(serve, registry):
    client = serve(shadow=False)
    registry.aliases.clear()
    answer = client.post("/model/reload")
    assert answer.status_code == 409
    assert "No version has the alias 'production'" in answer.text
    assert version_of(client) == 1


def test_until_the_first_model_is_loaded_the_service_is_live_but_not_ready(serve, registry):
    registry.hold.clear()
    client = serve(ready=False)
    assert client.get("/health/live").json() == {"live": True}
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health").json()["loading"] is True
    refused = client.post("/predict", json=RECORD)
    assert refused.status_code == 503
    assert "still loading" in refused.json()["detail"]
    registry.hold.set()
    wait_until(lambda: client.get("/health/ready").status_code == 200)
    assert version_of(client) == 1


def test_without_a_production_model_the_service_says_so_and_recovers_by_reload(serve, registry):
    registry.aliases.clear()
    client = serve(ready=False)
    wait_until(lambda: client.get("/health").json()["last_error"])
    assert "No version has the alias" in client.post("/predict", json=RECORD).json()["detail"]
    assert client.post("/model/reload").status_code == 503
    registry.aliases["production"] = 1
    assert client.post("/model/reload").status_code == 200
    assert client.get("/health/ready").status_code == 200


def test_reloads_at_the_same_time_load_the_model_once(serve, registry):
    client = serve(shadow=False)
    registry.aliases["production"] = 2
    registry.hold.clear()
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(client.post("/model/reload").json()["outcome"]))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    registry.hold.set()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["reloaded", *["unchanged"] * 4]
    assert registry.loads == [1, 2]


def test_requests_during_a_slow_load_are_answered_by_the_old_model(serve, registry):
    client = serve(shadow=False)
    registry.aliases["production"] = 2
    registry.hold.clear()
    reload = threading.Thread(target=lambda: client.post("/model/reload"))
    reload.start()
    wait_until(lambda: client.get("/health").json()["loading"])
    assert {version_of(client) for _ in range(5)} == {1}
    registry.hold.set()
    reload.join()
    assert version_of(client) == 2


def test_polling_follows_the_alias_but_never_brings_back_a_version_rolled_back(serve, registry):
    client = serve(poll_s=0.05, shadow=False)
    registry.aliases["production"] = 2
    wait_until(lambda: client.get("/health").json()["loaded"] == 2)
    client.post("/model/rollback")
    threading.Event().wait(0.3)
    assert version_of(client) == 1
    assert client.post("/model/reload").json()["model_version"] == 2


def test_versions_compare_as_numbers(serve, registry, fitted):
    registry.models |= {3: fitted[1], 10: fitted[2]}
    client = serve(shadow=False)
    for version in (3, 10):
        registry.aliases["production"] = version
        assert client.post("/model/reload").json()["model_version"] == version


def test_errors_beyond_the_limit_roll_back_by_themselves_and_tell_the_registry(serve, registry):
    client = serve(auto_rollback_error_rate=0.3, auto_rollback_window=10, shadow=False)
    registry.models[3] = Stuck(0.5)
    registry.aliases["production"] = 3
    client.post("/model/reload")
    registry.models[3].value = float("inf")
    codes = [client.post("/predict", json=RECORD).status_code for _ in range(10)]
    assert 500 in codes
    wait_until(lambda: client.get("/health").json()["loaded"] == 1)
    assert version_of(client) == 1
    wait_until(lambda: registry.rollbacks)
    assert "100% of the last 10 predictions failed" in registry.rollbacks[0]
    assert "3 -> 1" in client.get("/health").json()["auto_rollback"]


def test_a_healthy_version_is_not_rolled_back(serve, registry):
    client = serve(auto_rollback_error_rate=0.3, auto_rollback_window=5, shadow=False)
    registry.aliases["production"] = 2
    client.post("/model/reload")
    assert {version_of(client) for _ in range(12)} == {2}
    assert registry.rollbacks == []


def test_drift_of_live_requests_rolls_back_when_switched_on(serve, registry):
    client = serve(auto_rollback_on_drift=True, shadow=False, drift=DriftSettings(full_rows=200))
    registry.aliases["production"] = 2
    client.post("/model/reload")
    frame, _ = customers(300, seed=9)
    frame["MonthlyCharges"] *= 1.6
    client.post("/predict", json=frame.to_dict(orient="records"))
    wait_until(lambda: registry.rollbacks)
    assert "live requests drifted" in registry.rollbacks[0]
    assert version_of(client) == 1
