"""The pages of the hub as data: navigation, Home, the guide and the tests all read this registry."""

from dataclasses import dataclass
from typing import Literal

from core.config import ROOT
from core.errors import BadInput

Kind = Literal["home", "demo", "guide"]


@dataclass(frozen=True, slots=True)
class Demo:
    """One page: where it is, what it mirrors, and the claim it has to prove live."""

    key: str  # prefix of the page's session keys, name of its files in assets/pages
    title: str
    menu: str  # short label: all labels fit one line at 390 px
    page_file: str  # relative to the project's root, as st.switch_page wants it
    url: str  # path of the page in the browser
    icon: str  # Bootstrap icon name, for option_menu
    symbol: str  # Material symbol, for native elements
    claim: str
    order: int
    kind: Kind = "demo"
    mirrors: str = ""  # the commercial service
    engine: str = ""  # what runs here instead
    summary: str = ""  # two sentences for the card on Home


DEMOS: tuple[Demo, ...] = (
    Demo(
        key="home",
        title="Demo Hub",
        menu="Home",
        page_file="Home.py",
        url="/",
        icon="house",
        symbol=":material/home:",
        claim="Three enterprise AI systems from open-source parts, made to be run, questioned and checked.",
        order=0,
        kind="home",
    ),
    Demo(
        key="sql_ai",
        title="SQL AI Playground",
        menu="SQL AI",
        page_file="pages/SQL_AI_Playground.py",
        url="/SQL_AI_Playground",
        icon="database",
        symbol=":material/database:",
        claim="AI functions are just SQL functions.",
        order=1,
        mirrors="Snowflake Cortex",
        engine="SQLite",
        summary="Paste Cortex SQL unchanged. It runs on an embedded SQLite, and every distinct text "
        "reaches the model once, in one batch, however often the query mentions it.",
    ),
    Demo(
        key="experiment_browser",
        title="Experiment Browser",
        menu="Models",
        page_file="pages/Experiment_Browser.py",
        url="/Experiment_Browser",
        icon="graph-up",
        symbol=":material/experiment:",
        claim="The best model wins, safely.",
        order=2,
        mirrors="Azure Machine Learning",
        engine="MLflow and scikit-learn",
        summary="Train churn models, compare them on one frozen hold-out, pass the gates, promote, "
        "serve, and roll back. Every decision is recorded with its evidence.",
    ),
    Demo(
        key="rag_chat",
        title="RAG Chat",
        menu="RAG Chat",
        page_file="pages/RAG_Chat.py",
        url="/RAG_Chat",
        icon="chat-left-text",
        symbol=":material/forum:",
        claim="Answers you can check.",
        order=3,
        mirrors="Azure OpenAI with Azure AI Search",
        engine="Chroma, BM25, MiniLM",
        summary="Ask the company's documents. Every sentence is checked against the passages it cites, "
        "every passage shows its score, and silence in the sources gives an honest refusal.",
    ),
    Demo(
        key="interview_guide",
        title="Interview Guide",
        menu="Guide",
        page_file="pages/Interview_Guide.py",
        url="/Interview_Guide",
        icon="mic",
        symbol=":material/co_present:",
        claim="The pitch, the demo script and the hard questions, each with its evidence in this app.",
        order=4,
        kind="guide",
        summary="Timed pitches, demo scripts with one link per step, and model answers that point at "
        "the code, the panel or the measurement behind them.",
    ),
)


def ordered() -> list[Demo]:
    """Every page in the order of the navigation bar."""
    return sorted(DEMOS, key=lambda demo: demo.order)


def installed() -> list[Demo]:
    """The pages of `ordered` whose file is there; a registry entry alone makes no dead link."""
    return [demo for demo in ordered() if (ROOT / demo.page_file).is_file()]


def projects() -> list[Demo]:
    """The installed demo pages only: no Home, no guide."""
    return [demo for demo in installed() if demo.kind == "demo"]


def get(key: str) -> Demo:
    """The page with this key; raises BadInput naming the known keys."""
    for demo in DEMOS:
        if demo.key == key:
            return demo
    known = ", ".join(demo.key for demo in ordered())
    raise BadInput(f"There is no page {key!r}", f"Known pages: {known}.")
