"""The built-in evaluation: run for any settings, two settings compared with intervals, the threshold's curve."""

import html
from typing import TYPE_CHECKING, Any, cast

import streamlit as st

from core.config import settings
from core.counts import counted
from core.rag.events import GENERATOR_CHOICES
from core.telemetry import Kind
from core.ui import charts, controls, proof
from core.ui.actions import visitor_action
from core.ui.badges import duration
from core.ui.errors import guarded
from core.ui.frame import timed
from core.ui.rag import feedback, state
from core.ui.rag.kept import kept_reports
from core.ui.rag.opening import shared_corpus
from core.ui.widgets import NO_VALUE

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.rag import KnowledgeBase
    from core.rag.documents import Mode
    from core.rag.evaluation_builtin import AskSettings, BuiltinReport, Half
    from core.rag.events import GeneratorChoice
    from core.rag.statistics import Difference, Estimate

# name in the report, what the reader sees, whether more is better
MEASURES = (
    ("recall", "Recall of gold passages among the first k", True),
    ("ndcg@10", "nDCG@10", True),
    ("mrr", "Mean reciprocal rank", True),
    ("contains_gold", "Answer contains the gold answer", True),
    ("every_part", "Every part answered (multi-passage questions)", True),
    ("f1", "Answer F1 (words)", True),
    ("citation_accuracy", "Citation accuracy", True),
    ("wrong_refusals", "Answerable questions refused", False),
    ("refused_near_miss", "Near misses refused", True),
    ("refused_off_topic", "Off-topic questions refused", True),
    ("refusal_precision", "Refusal precision", True),
    ("refusal_recall", "Refusal recall", True),
)
_SHORT = {
    "ndcg@10": "nDCG@10",
    "mrr": "MRR",
    "contains_gold": "gold answer",
    "every_part": "every part",
    "f1": "F1",
    "wrong_refusals": "answerable refused",
    "refused_near_miss": "near misses refused",
    "refused_off_topic": "off-topic refused",
}
_HALVES: "tuple[Half, ...]" = ("test", "tuning")
_ABOUT = """
The questions were written over the shared documents before anything was tuned, and split in two halves:
factual, paraphrased and multi-passage questions, **near misses** (on the topic, but the documents do not
say) and **off-topic** ones. Settings are chosen on the tuning half; the test half says how good they are.
"""


def show_evaluation() -> None:
    """Choose one setting or two, run, and read table, plots and every single question."""
    with guarded():
        st.markdown(_ABOUT)
        half, first, second = _choose()
        base = shared_corpus()
        wanted = [first] if second is None else [first, second]
        reports = [kept_reports().find(_key(ask, half, base)) for ask in wanted]
        if _is_asked_for(all(reports)):
            reports = [_report(ask, half, base) for ask in wanted]
        found = [report for report in reports if report is not None]
        if len(found) == len(wanted):
            _show(found)
        else:
            st.info(
                "These settings have not been measured on this server yet. Run the evaluation to see them."
            )
        _show_ratings()


def _choose() -> "tuple[Half, AskSettings, AskSettings | None]":
    left, right = st.columns(2, gap="large", border=True)
    with left:
        with st.container(key="rag_chat_setting_a"):
            st.markdown("**Setting A**, which the chat uses")
        first = _choose_setting("")
    with right:
        if controls.toggle(state.ADDRESS, "b", "Compare with setting B"):
            second = _choose_setting("b_")
        else:
            second = None
            st.caption("Both are asked the same questions; differences come with a paired 95% interval.")
    half = controls.buttons(state.ADDRESS, "half", "Half of the questions", _HALVES, "test")
    return cast("Half", half), first, second


def _choose_setting(prefix: str) -> "AskSettings":
    from core.rag.evaluation_builtin import AskSettings

    rag = settings().rag
    address, modes, generators = state.ADDRESS, state.MODES, GENERATOR_CHOICES
    k = controls.whole(address, f"{prefix}k", "Passages", (1, state.MOST_PASSAGES), rag.top_k)
    mode = controls.buttons(address, f"{prefix}mode", "Search", modes, rag.mode)
    generator = controls.choice(address, f"{prefix}generator", "Answer by", generators, generators[0])
    rerank = state.choose_rerank(f"{prefix}rerank", mode)
    return AskSettings(
        k=k, mode=cast("Mode", mode), rerank=rerank, generator=cast("GeneratorChoice", generator)
    )


def _is_asked_for(there: bool) -> bool:
    """Whether to run now: nothing is there yet, and the button was pressed or a link says ``evaluate=1``."""
    from core.rag.evaluation_builtin import load_questions

    count = len(load_questions("test"))
    if there:
        st.caption(f"{count} questions, measured on this server.")
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Run the evaluation", type="primary", icon=":material/play_arrow:")
        st.caption(
            f"{count} questions a half. Quoted answers take some seconds in all; with a language model, "
            "expect seconds for each question. Changing anything above cancels a run."
        )
    return pressed or st.query_params.get("evaluate") == "1"


def _key(ask: "AskSettings", half: "Half", base: "KnowledgeBase") -> "tuple[AskSettings, Half, str]":
    return ask, half, base.corpus_version


def _report(ask: "AskSettings", half: "Half", base: "KnowledgeBase") -> "BuiltinReport":
    """The run of these settings, computed when this server does not have it yet."""
    from core.rag.evaluation_builtin import evaluate_builtin

    if kept := kept_reports().find(_key(ask, half, base)):
        return kept
    bar = st.progress(0.0, text="Asking")

    def report(done: int, total: int) -> None:
        bar.progress(done / total, text=f"{describe(ask)}: {done} of {total} questions")

    with visitor_action(Kind.EVALUATION), timed("evaluated in"):
        found = evaluate_builtin(base, ask, half=half, on_question=report)
    bar.empty()
    kept_reports().keep(_key(ask, half, base), found)
    return found


def describe(ask: "AskSettings") -> str:
    """A short description of a setting."""
    return f"{ask.generator}, {ask.mode}, k = {ask.k}{', reranked' if ask.rerank else ''}"


def _show(reports: "list[BuiltinReport]") -> None:
    from core.rag.evaluation_builtin import compare

    differences = compare(*reports) if len(reports) == 2 else {}
    st.html(_table(reports, differences))
    st.caption(_reading_help(reports))
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Measures with their 95% intervals**")
        charts.show(
            _intervals(reports),
            alt="Every measure as a point with its 95% interval",
            key="rag_chat_measures",
        )
    with right:
        st.markdown("**What each threshold would refuse**")
        charts.show(
            _curve(reports[0]),
            alt="Share of answerable, near-miss and off-topic questions refused at each threshold",
            key="rag_chat_curve",
        )
        st.caption(
            "A question is refused when its confidence is below the threshold. The dashed line is the threshold "
            "in use, calibrated on the tuning half; the dotted one the confidence of your latest question."
        )
    _show_questions(reports)


def _reading_help(reports: "list[BuiltinReport]") -> str:
    times = "; ".join(
        f"{describe(r.settings)}: half within {duration(r.latency_p50_ms)}, 95% within {duration(r.latency_p95_ms)}"
        for r in reports
    )
    return (
        "Intervals are 95%. For “answerable questions refused” less is better, for all others more. "
        f"Time to answer, {times}."
    )


def _table(reports: "list[BuiltinReport]", differences: "dict[str, Difference]") -> str:
    names = ["A", "B"][: len(reports)]
    heads = ["Measure", *[f"{n}: {describe(r.settings)}" for n, r in zip(names, reports, strict=True)]]
    heads += ["B minus A"] * bool(differences)
    names += heads[len(names) + 1 :]  # short where the table folds into cards
    rows = []
    for key, label, more in MEASURES:
        cells = [_estimate(report.measures[key]) for report in reports]
        if differences:
            cells.append(_difference(differences.get(key), more))
        rows.append(
            f'<tr><th scope="row">{html.escape(label)}</th>'
            + "".join(f'<td data-label="{name}">{cell}</td>' for name, cell in zip(names, cells, strict=True))
            + "</tr>"
        )
    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in heads)
    return proof.styled(f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>")


def _estimate(estimate: "Estimate") -> str:
    if not estimate.count:
        return "not asked"
    return f"<b>{estimate.value:.3f}</b> ({estimate.low:.2f} to {estimate.high:.2f}, n = {estimate.count})"


def _difference(difference: "Difference | None", more: bool) -> str:
    if difference is None:
        return "not paired"
    sure = difference.low > 0 or difference.high < 0
    verdict = "within chance"
    if sure:
        verdict = "B better" if (difference.value > 0) is more else "A better"
    return f"<b>{difference.value:+.3f}</b> ({difference.low:+.2f} to {difference.high:+.2f}), {verdict}"


def _intervals(reports: "list[BuiltinReport]") -> "go.Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    labels = [_SHORT.get(key, key.replace("_", " ")) for key, _, _ in MEASURES]
    for name, report in zip("AB", reports, strict=False):
        estimates = [report.measures[key] for key, _, _ in MEASURES]
        figure.add_scatter(
            x=[e.value for e in estimates],
            y=labels,
            mode="markers",
            name=f"{name}: {describe(report.settings)}",
            marker={"size": 9},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [e.high - e.value for e in estimates],
                "arrayminus": [e.value - e.low for e in estimates],
            },
        )
    figure.update_xaxes(range=[-0.02, 1.04])
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(height=430, scattermode="group")
    return figure


def _curve(report: "BuiltinReport") -> "go.Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    x = [point.threshold for point in report.curve]
    for name, label in (
        ("wrong_refusals", "answerable (wrong refusals)"),
        ("near_miss", "near misses"),
        ("off_topic", "off-topic"),
    ):
        figure.add_scatter(x=x, y=[getattr(point, name) for point in report.curve], mode="lines", name=label)
    figure.add_vline(x=report.threshold, line_dash="dash", line_width=1.5)
    if (latest := _latest_confidence()) is not None:
        figure.add_vline(x=latest, line_dash="dot", line_width=1.5)
    figure.update_xaxes(title="Threshold", range=[0, 1])
    figure.update_yaxes(title="Share refused", range=[0, 1.02])
    figure.update_layout(height=430)
    return figure


def _latest_confidence() -> float | None:
    answers = [turn.answer for turn in state.turns() if turn.answer]
    return answers[-1].confidence if answers else None


def _show_questions(reports: "list[BuiltinReport]") -> None:
    with st.expander(
        "Every question", icon=":material/list:", on_change="rerun", key="rag_chat_questions"
    ) as panel:
        if not panel.open:
            return
        only_wrong = st.toggle("Only where something went wrong", key="rag_chat_only_wrong")
        for name, report in zip("AB", reports, strict=False):
            rows = [_row(result) for result in report.results if _is_wrong(result) or not only_wrong]
            st.markdown(f"**{name}: {describe(report.settings)}**, {counted(len(rows), 'question')}")
            st.dataframe(
                rows,
                hide_index=True,
                width="stretch",
                alt=f"Results of every question with setting {name}",
                placeholder=NO_VALUE,
            )


def _row(result: Any) -> dict[str, object]:
    return {
        "Kind": result.kind.replace("_", " "),
        "Question": result.question,
        "Answer": result.answer or f"(refused: {result.reason})",
        "Confidence": round(result.confidence, 3),
        "Gold answer shown": result.contains_gold,
        "Recall": result.recall,
        "ms": round(result.latency_ms, 1),
    }


def _is_wrong(result: Any) -> bool:
    from core.rag.evaluation_builtin import UNANSWERABLE

    return not result.refused if result.kind in UNANSWERABLE else not result.contains_gold


def _show_ratings() -> None:
    found = feedback.tally()
    st.caption(
        f"Thumbs stored on this server: {found.up} up, {found.down} down. They are kept with question and "
        "settings, as candidates for the question set; answers from visitors' own documents are kept without "
        "their text."
    )
