"""Serve: a real service on loopback, real HTTP, and a reload under fire."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from core.errors import BadInput
from core.markdown import escape
from core.mlops.service_client import Burst, Exchange, ServiceClient
from core.mlops.service_process import ManagedService, ServiceStatus
from core.telemetry import Kind
from core.ui.actions import refusal, visitor_action
from core.ui.badges import duration
from core.ui.frame import guarded, latency_badge
from core.ui.mlops import figures, state
from core.ui.mlops.records import example_records
from core.ui.widgets import NO_VALUE

if TYPE_CHECKING:
    import plotly.graph_objects as go

_COLOURS: dict[str, Literal["green", "orange", "red", "gray"]] = {
    "ready": "green",
    "starting": "orange",
    "not ready": "orange",
    "failed": "red",
    "stopped": "gray",
}
_BURST = 240
_THREADS = 6
_KEPT = 12
_REQUESTS: dict[str, tuple[str, str]] = {
    "Score one record: POST /predict": ("POST", "/predict"),
    "Score a list: POST /predict": ("POST", "/predict"),
    "MLflow protocol: POST /invocations": ("POST", "/invocations"),
    "Open Inference Protocol: POST /v2/.../infer": ("POST", "/v2/models/{name}/infer"),
    "State: GET /health": ("GET", "/health"),
    "Model: GET /model/info": ("GET", "/model/info"),
    "Challenger in the shadow: GET /shadow": ("GET", "/shadow"),
    "Reload the alias: POST /model/reload": ("POST", "/model/reload"),
    "Back to the kept model: POST /model/rollback": ("POST", "/model/rollback"),
    "Prometheus: GET /metrics": ("GET", "/metrics"),
}


def show(workspace: Any) -> None:
    """The whole view."""
    managed = state.service(state.root())
    status = managed.status()
    _control(managed, status)
    if status.state == "starting":
        _wait()
        return
    if status.url is None:
        _explain(status, managed)
        return
    client = state.client(status.url)
    with guarded():
        _console(workspace, client)
    with guarded():
        _under_fire(workspace, client)
    with guarded():
        _shadow(client)
    _log(managed)


def _control(managed: ManagedService, status: ServiceStatus) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(f"Service {status.state}", color=_COLOURS[status.state], icon=":material/dns:")
        if status.url:
            st.markdown(f"`{status.url}`, process {status.pid}, OpenAPI at [/docs]({status.url}/docs)")
        st.space("stretch")
        if status.pid is None:
            st.button(
                "Start the service", type="primary", key=f"{state.KEY}_start", icon=":material/play_arrow:",
                on_click=_change, args=(managed.start,), disabled=state.needs_token(),
            )  # fmt: skip
        else:
            st.button(
                "Stop", key=f"{state.KEY}_stop", icon=":material/stop:",
                on_click=_change, args=(managed.stop,), disabled=state.needs_token(),
            )  # fmt: skip
    # A failed one's is of its log.
    if status.detail and not (status.state == "failed" and state.needs_token()):
        st.caption(f"It says: {escape(status.detail)}")


def _change(action: Callable[[], object]) -> None:
    with guarded():
        state.require_admin()
        action()


def _explain(status: ServiceStatus, managed: ManagedService) -> None:
    if status.state == "failed":
        st.error("The service ended by itself. Its log has the details.")
        _log(managed)
        return
    st.markdown(
        "The service is a process of its own on the loopback interface: FastAPI, one immutable model, reload without "
        "downtime. Start it to send real requests, promote a version in the **Registry**, reload, and watch the "
        "version in the answers change."
    )
    st.caption("Without this page, from the project's folder and with the settings of this hub:")
    st.code("uvicorn core.mlops.serving:app --port 8001", language=None, wrap_lines=True)


def _log(managed: ManagedService) -> None:
    """The end of the log; it has tracebacks, so on a public hub it is for the admin alone."""
    with st.expander("Service log", expanded=managed.status().state == "failed"):
        if state.needs_token():
            st.caption("Shown when changes are unlocked with the admin token.")
        else:
            st.code(managed.log()[-3000:] or "The log is empty.", language=None, wrap_lines=True)


@st.fragment(run_every=1.0)
def _wait() -> None:
    if state.service(state.root()).status().state != "starting":
        st.rerun()
    st.progress(
        0.5, text="Starting: importing scikit-learn and MLflow, loading and warming up the Production model"
    )


def _console(workspace: Any, client: ServiceClient) -> None:
    st.subheader("Send a request", anchor=False)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        title = st.selectbox("Request", list(_REQUESTS), key=f"{state.KEY}_request")
        text = None
        if _has_body(title):
            record = example_records(workspace)["High risk"]
            example = _pretty(_payload(title, record))
            text = st.text_area("Body", example, height=320, key=f"{state.KEY}_body_{title}")
        if st.button("Send", type="primary", key=f"{state.KEY}_send", icon=":material/send:"):
            with guarded(), visitor_action(Kind.REQUESTS):
                _send(client, title, text)
    log: list[Exchange] = state.get("exchanges", [])
    with right:
        if log:
            _answer(log[0])
        else:
            st.info("The answer appears here, with its status, latency and the version that gave it.")
    _history(log)


def _has_body(title: str) -> bool:
    method, path = _REQUESTS[title]
    return method == "POST" and not path.startswith("/model")


def _send(client: ServiceClient, title: str, text: str | None) -> None:
    method, path = _REQUESTS[title]
    if path.startswith("/model") and method == "POST":
        state.require_admin()
    payload = _parsed(text) if text is not None else None
    if "{name}" in path:
        path = path.format(name=client.send("GET", "/health").body.get("model_name"))
    _remember(client.send(method, path, payload))


def _payload(title: str, record: dict[str, Any]) -> Any:
    if "list" in title:
        return [record, record]
    if "invocations" in title:
        return {"dataframe_records": [record]}
    if "infer" in title:
        return {"inputs": [_tensor(name, value) for name, value in record.items()]}
    return record


def _pretty(payload: Any) -> str:
    """JSON with one input a line where there are many; the usual layout would put each bracket on its own."""
    if isinstance(payload, dict) and "inputs" in payload:
        lines = ",\n  ".join(json.dumps(item, ensure_ascii=False) for item in payload["inputs"])
        return f'{{"inputs": [\n  {lines}\n]}}'
    return json.dumps(payload, indent=2, ensure_ascii=False)


def _tensor(name: str, value: Any) -> dict[str, Any]:
    return {
        "name": name,
        "shape": [1],
        "datatype": "BYTES" if isinstance(value, str) else "FP64",
        "data": [value],
    }


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput(f"The body is not JSON: {error}", "Correct it, or choose the request again.") from None


def _remember(exchange: Exchange) -> None:
    state.put("exchanges", [exchange, *state.get("exchanges", [])][:_KEPT])


def _answer(exchange: Exchange) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        st.badge(f"{exchange.status}", color="green" if exchange.ok else "red")
        latency_badge(exchange.elapsed_ms)
        if exchange.version is not None:
            st.badge(f"version {exchange.version}", color="violet", icon=":material/deployed_code:")
    body = exchange.body
    text = json.dumps(body, indent=2, ensure_ascii=False) if not isinstance(body, str) else body
    st.code(
        text[:4000], language="json" if not isinstance(body, str) else "text", height=300, wrap_lines=True
    )
    st.caption(f"Request id {escape(str(exchange.request_id))}")
    with st.expander("The same request with curl"):
        st.code(exchange.curl, language=None, wrap_lines=True)


def _history(log: list[Exchange]) -> None:
    import pandas as pd

    if len(log) < 2:
        return
    frame = pd.DataFrame(
        {
            "Request": [f"{item.method} {item.url.split('/', 3)[-1]}" for item in log],
            "Status": [item.status for item in log],
            "Version": [item.version for item in log],
            "Latency, ms": [item.elapsed_ms for item in log],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        column_config={"Latency, ms": st.column_config.NumberColumn(format="%.1f")},
        height=38 + 35 * len(frame),
        key=f"{state.KEY}_exchanges_table",
        alt="The latest requests with status, version and latency.",
        placeholder=NO_VALUE,
    )


def _under_fire(workspace: Any, client: ServiceClient) -> None:
    st.subheader("Reload under fire", anchor=False)
    st.caption(f"{_THREADS} clients send at once; while they do, the service reloads the Production model.")
    production = workspace.resolve("production")
    if production is None:
        state.say_no_production()
        return
    loaded = client.send("GET", "/health").version
    stale = loaded != production.version
    answers = "has no model yet" if loaded is None else f"answers with **version {loaded}**"
    st.markdown(
        f"The service {answers}; Production in the registry is **version {production.version}**. "
        + (
            "A reload is due."
            if stale
            else "Promote another version, come back, and see the answers change over."
        )
    )
    label = f"Send {_BURST} requests and reload meanwhile"
    with st.container(horizontal=True):
        fire = st.button(
            label,
            key=f"{state.KEY}_fire",
            icon=":material/bolt:",
            disabled=state.needs_token(),
            type="primary",
        )
        if not stale:
            st.button(
                "Open the registry", key=f"{state.KEY}_open_registry", on_click=state.link, args=("registry",)
            )
    if fire:
        state.require_admin()
        if error := refusal(Kind.REQUESTS):
            raise error
        record = example_records(workspace)["High risk"]
        with st.spinner("Sending"):
            state.put("burst", client.burst(record, _BURST, _THREADS, during=client.reload))
        st.rerun()
    burst: Burst | None = state.get("burst")
    if burst:
        _show_burst(burst)


def _show_burst(burst: Burst) -> None:
    with st.container(horizontal=True):
        st.metric("Answers", len(burst.shots))
        st.metric("Failures", burst.failures)
        st.metric("Median", duration(burst.percentile_ms(0.5)))
        st.metric("95th percentile", duration(burst.percentile_ms(0.95)))
        for version, count in burst.versions.items():
            st.metric(f"By version {version}", count)
    figures.draw(figures.Drawing(_timeline(burst), _burst_alt(burst)), f"{state.KEY}_burst_chart")
    if burst.action:
        outcome = (
            burst.action.body.get("outcome", burst.action.status)
            if burst.action.ok
            else burst.action.text[:200]
        )
        st.caption(
            f"Reload: {escape(str(outcome))}, {duration(burst.action.elapsed_ms)}. No request waited for it."
        )


def _timeline(burst: Burst) -> "go.Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    for version in burst.versions:
        shots = [shot for shot in burst.shots if shot.version == version]
        figure.add_scatter(
            x=[shot.at_s for shot in shots],
            y=[shot.elapsed_ms for shot in shots],
            name=f"version {version}",
            mode="markers",
            marker={"size": 7, "opacity": 0.75},
        )
    figure.add_vrect(
        x0=burst.action_from_s, x1=burst.action_to_s, opacity=0.12, line_width=0, fillcolor="#808080",
        annotation_text="reload", annotation_position="top left",
    )  # fmt: skip
    figure.update_xaxes(title="Seconds")
    figure.update_yaxes(title="Latency, ms", rangemode="tozero")
    figure.update_layout(height=320)
    return figure


def _burst_alt(burst: Burst) -> str:
    by = ", ".join(f"{count} by version {version}" for version, count in burst.versions.items())
    return f"{len(burst.shots)} requests over time: {by}; {burst.failures} failures; the reload is shaded."


def _shadow(client: ServiceClient) -> None:
    st.subheader("Challenger in the shadow", anchor=False)
    body = client.send("GET", "/shadow").body
    if not isinstance(body, dict) or body.get("challenger") is None:
        st.caption(
            "No version has the alias challenger. Set it in the Registry; live requests are then scored twice."
        )
        return
    if not body["rows"]:
        st.caption(f"Version {body['challenger']} waits for live requests; send some above.")
        return
    with st.container(horizontal=True):
        st.metric("Rows compared", body["rows"])
        st.metric("Mean difference", f"{body['mean_difference']:+.3f}")
        st.metric("Largest", f"{body['max_absolute_difference']:.3f}")
        st.metric("Other label", body["disagreements"])
        st.metric("Errors", body["errors"])
    pairs = [(pair[0], pair[1]) for pair in body["pairs"]]
    figures.draw(figures.shadow(pairs, body["champion"], body["challenger"]), f"{state.KEY}_shadow_chart")
