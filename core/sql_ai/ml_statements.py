"""CREATE, CALL, SHOW and DROP of SNOWFLAKE.ML models, which sqlglot does not parse."""
# ruff: noqa: E501
# Its tables read best with one entry a line.
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.errors import BadInput, LimitReached
from core.sql_ai import kinds
from core.sql_ai.dialect.compilation import refuse, unknown
from core.sql_ai.dialect.parse import folded, parse, parse_call
from core.sql_ai.functions.pauses import checking, interruptible
from core.sql_ai.kinds import SqlType
from core.sql_ai.outcomes import Outcome, compile_top, status
from core.sql_ai.tables import column_type
from core.sql_ai.values import dumps_sorted, loads

if TYPE_CHECKING:
    import pandas as pd

    from core.sql_ai.session import Session

_KINDS = ("FORECAST", "ANOMALY_DETECTION", "CLASSIFICATION", "TOP_INSIGHTS")
_NAME = r'(?:(?:"[^"]+"|[\w$]+)\s*\.\s*){0,2}("[^"]+"|[\w$]+)'
_CLASS = r"(?:SNOWFLAKE\s*\.\s*ML\s*\.\s*)?(\w+)"
_CREATE = re.compile(
    rf"CREATE\s+(OR\s+REPLACE\s+)?{_CLASS}\s+(IF\s+NOT\s+EXISTS\s+)?{_NAME}\s*(\(.*\))?\s*"
    r"(?:COMMENT\s*=\s*'((?:[^']|'')*)'\s*|(?:WITH\s+)?TAG\s*\([^)]*\)\s*)*",
    re.IGNORECASE | re.DOTALL,
)
_SHOW = re.compile(
    rf"SHOW\s+{_CLASS}(?:\s+INSTANCES)?(?:\s+LIKE\s+'([^']*)')?"
    rf"(?:\s+(?!LIKE\b|IN\b){_NAME})?(?:\s+IN\s+.*)?",
    re.IGNORECASE | re.DOTALL,
)
_DROP = re.compile(rf"DROP\s+{_CLASS}\s+(IF\s+EXISTS\s+)?{_NAME}", re.IGNORECASE)
_CALL = re.compile(r"CALL\s+(.*)", re.IGNORECASE | re.DOTALL)
_TRAINING = ("INPUT_DATA", "SERIES_COLNAME", "TIMESTAMP_COLNAME", "TARGET_COLNAME")
_PARAMETERS = {
    "FORECAST": (*_TRAINING, "CONFIG_OBJECT"),
    "ANOMALY_DETECTION": (*_TRAINING, "LABEL_COLNAME", "CONFIG_OBJECT"),
    "CLASSIFICATION": ("INPUT_DATA", "TARGET_COLNAME", "CONFIG_OBJECT"),
    "TOP_INSIGHTS": (),
}
_COLUMN_TYPES = {
    "SERIES": kinds.VARIANT, "TS": kinds.TIMESTAMP, "FORECAST": kinds.FLOAT, "LOWER_BOUND": kinds.FLOAT, "UPPER_BOUND": kinds.FLOAT,
    "Y": kinds.FLOAT, "IS_ANOMALY": kinds.BOOLEAN, "PERCENTILE": kinds.FLOAT, "DISTANCE": kinds.FLOAT, "CONTRIBUTOR": kinds.ARRAY,
    "METRIC_CONTROL": kinds.FLOAT, "METRIC_TEST": kinds.FLOAT, "CONTRIBUTION": kinds.FLOAT, "RELATIVE_CONTRIBUTION": kinds.FLOAT,
    "GROWTH_RATE": kinds.FLOAT, "ERROR_METRIC": kinds.VARCHAR, "METRIC_VALUE": kinds.FLOAT, "STANDARD_DEVIATION": kinds.FLOAT,
    "LOGS": kinds.VARIANT, "RANK": kinds.INTEGER, "SCORE": kinds.FLOAT, "FEATURE_NAME": kinds.VARCHAR, "FEATURE_TYPE": kinds.VARCHAR,
}  # fmt: skip

Arguments = Mapping[str, Any]
Method = Callable[[Any, Arguments], "pd.DataFrame"]


@dataclass(frozen=True)
class Model:
    """A trained model of the session; models do not change, they are replaced."""

    name: str
    kind: str
    created: datetime
    trained: Any
    columns: tuple[str, ...]
    composite: bool = False  # series are arrays or objects, kept as their JSON text inside the model
    comment: str = ""

    def predict(self, records: list[dict[str, Any]]) -> list[Any]:
        """The answers of a classification model to records."""
        if self.kind != "CLASSIFICATION":
            raise BadInput(
                f"{self.name} is a {self.kind} model and has no PREDICT", "Use a CLASSIFICATION model."
            )
        return list(self.trained.predict(records))


def run(session: "Session", text: str) -> Outcome:
    """Run a CREATE, CALL, SHOW or DROP of a SNOWFLAKE.ML model."""
    for pattern, handler in ((_CREATE, _create), (_SHOW, _show), (_DROP, _drop), (_CALL, _call)):
        match = pattern.fullmatch(text)
        if match is not None:
            return handler(session, match)
    raise BadInput(
        f"Cannot read this statement: {text[:60]}",
        "Write CREATE SNOWFLAKE.ML.FORECAST name(INPUT_DATA => TABLE(t), ..).",
    )


def call_method(session: "Session", node: exp.ModelAttribute) -> Outcome:
    """The rows of ``m!METHOD(..)``."""
    model: Model = session.model(node.this.name)
    method = str(node.expression.this).upper()
    parameters, function = _find_method(model, method)
    arguments = _arguments(session, method, node.expression, parameters)
    if model.composite:
        _series_as_text(arguments)
    with checking(session.sandbox.check_time):
        frame = interruptible(lambda _stop: function(model.trained, arguments))
    if model.composite and "SERIES" in frame.columns:
        series = [loads(value) if isinstance(value, str) else value for value in frame["SERIES"]]
        frame = frame.assign(SERIES=series)
    return _outcome(frame)


def _series_as_text(arguments: dict[str, Any]) -> bool:
    """Series such as ``[store, item]`` as JSON text, which groups can be made of; whether there were any."""
    value = arguments.get("SERIES_VALUE")
    if isinstance(value, list | dict):
        arguments["SERIES_VALUE"] = dumps_sorted(value)
    frame, wanted = arguments.get("INPUT_DATA"), str(arguments.get("SERIES_COLNAME") or "").upper()
    if frame is None:
        return False
    names = [name for name in frame.columns if str(name).upper() == wanted]
    if not names or not any(isinstance(item, list | dict) for item in frame[names[0]]):
        return False
    texts = [dumps_sorted(item) if isinstance(item, list | dict) else item for item in frame[names[0]]]
    arguments["INPUT_DATA"] = frame.assign(**{names[0]: texts})
    return True


def _create(session: "Session", match: re.Match[str]) -> Outcome:
    replace, kind, missing_only, written, inside, comment = match.groups(default="")
    kind = _kind(kind)
    name = folded(written)
    if name in session.models and missing_only:
        return status(f"{name} already exists, statement succeeded.")
    if name in session.models and not replace:
        raise BadInput(f"Object '{name}' already exists.", "Write CREATE OR REPLACE.")
    if name not in session.models and len(session.models) >= session.limits.max_models:
        raise LimitReached(
            f"The session reached the limit max_models = {session.limits.max_models}", "Drop one first."
        )
    call = (
        parse(f"SELECT m!TRAIN{inside or '()'}", session.limits.max_expression_depth)
        .expressions[0]
        .expression
    )
    arguments = _arguments(session, kind, call, _PARAMETERS[kind])
    composite = _series_as_text(arguments)
    with checking(session.sandbox.check_time):
        trained = interruptible(lambda _stop: _train(kind, arguments))
    frame = arguments.get("INPUT_DATA")
    columns = tuple(str(column) for column in frame.columns) if frame is not None else ()
    session.models[name] = Model(
        name, kind, session.now, trained, columns, composite, comment.replace("''", "'")
    )
    return status(f"Instance {name} successfully created.")


def _train(kind: str, arguments: Arguments) -> Any:
    if kind == "TOP_INSIGHTS":
        return None
    if "INPUT_DATA" not in arguments:
        raise BadInput(f"{kind} needs INPUT_DATA", "Write INPUT_DATA => TABLE(name).")
    frame, config = arguments["INPUT_DATA"], arguments.get("CONFIG_OBJECT") or {}
    if kind == "CLASSIFICATION":
        from core.sql_ai.ml.classification import ClassificationModel

        return ClassificationModel.train(frame, _required(arguments, "TARGET_COLNAME"), config)
    names = _required(arguments, "TIMESTAMP_COLNAME"), _required(arguments, "TARGET_COLNAME")
    series = arguments.get("SERIES_COLNAME") or None
    if kind == "FORECAST":
        from core.sql_ai.ml.forecast import ForecastModel

        return ForecastModel.train(frame, *names, series, config)
    from core.sql_ai.ml.anomaly import AnomalyModel

    return AnomalyModel.train(frame, *names, series, arguments.get("LABEL_COLNAME") or None, config)


def _required(arguments: Arguments, name: str) -> str:
    if not arguments.get(name):
        raise BadInput(f"{name} is missing", f"Write {name} => 'column'.")
    return str(arguments[name])


def _call(session: "Session", match: re.Match[str]) -> Outcome:
    node = parse_call(match[1], session.limits.max_expression_depth)
    if not isinstance(node, exp.ModelAttribute) or not isinstance(node.expression, exp.Anonymous):
        raise refuse(
            f"CALL {match[1][:40]}", "Only methods of SNOWFLAKE.ML models can be called: CALL m!FORECAST(..)."
        )
    return call_method(session, node)


def _show(session: "Session", match: re.Match[str]) -> Outcome:
    from core.sql_ai.udfs.text import like

    kind, name = _kind(match[1]), folded(match[3]) if match[3] else None
    rows = [
        (model.created, model.name, "SANDBOX", "PUBLIC", "", model.comment, "VISITOR")
        for model in session.models.values()
        if model.kind == kind
        and (match[2] is None or like(model.name, match[2], None, 1))
        and name in (None, model.name)
    ]
    titles = ["created_on", "name", "database_name", "schema_name", "current_version", "comment", "owner"]
    return Outcome(titles, [kinds.TIMESTAMP, *[kinds.VARCHAR] * 6], rows)


def _drop(session: "Session", match: re.Match[str]) -> Outcome:
    kind, if_exists, written = match.groups()
    kind, name = _kind(kind), folded(written)
    model = session.models.get(name)
    if model is None or model.kind != kind:
        if if_exists:
            return status(f"Drop statement executed successfully ({name} already dropped).")
        raise unknown("Model", name, [item.name for item in session.models.values() if item.kind == kind])
    del session.models[name]
    return status(f"{name} successfully dropped.")


def _kind(written: str) -> str:
    if written.upper() not in _KINDS:
        raise unknown("SNOWFLAKE.ML class", written.upper(), list(_KINDS))
    return written.upper()


def _arguments(
    session: "Session", owner: str, call: exp.Anonymous, parameters: tuple[str, ...]
) -> dict[str, Any]:
    """Evaluated arguments under their names; three positional training arguments leave the series out."""
    positional = [item for item in call.expressions if not isinstance(item, exp.Kwarg)]
    names = _positional_names(positional, parameters)
    if len(positional) > len(names):
        raise BadInput(
            f"{owner} takes at most {len(names)} arguments", f"They are {', '.join(names) or 'none'}."
        )
    given = dict(zip(names, positional, strict=False))
    for item in call.expressions:
        if isinstance(item, exp.Kwarg):
            name = item.this.name.upper()
            if name not in parameters:
                raise unknown(f"{owner} argument", name, list(parameters))
            given[name] = item.expression
    return {name: _value(session, name, node) for name, node in given.items()}


def _positional_names(positional: list[exp.Expression], parameters: tuple[str, ...]) -> list[str]:
    """What positional arguments stand for: a series column may be left out, FORECAST takes three forms."""
    names = list(parameters)
    if "FORECASTING_PERIODS" in parameters and positional:
        if _is_reference(positional[0]):
            names = ["INPUT_DATA", "SERIES_COLNAME", "TIMESTAMP_COLNAME", "CONFIG_OBJECT"]
        elif len(positional) > 1 and not isinstance(positional[1], exp.Struct):
            names = ["SERIES_VALUE", "FORECASTING_PERIODS", "CONFIG_OBJECT"]
        else:
            names = ["FORECASTING_PERIODS", "CONFIG_OBJECT"]
    columns = [item for item in positional if isinstance(item, exp.Literal) and item.is_string]
    wanted = sum(name.endswith("_COLNAME") for name in names[:4])
    if columns and columns[-1].name == "":
        wanted += 1  # '' can only be a label that is not there
    if "SERIES_COLNAME" in names and len(columns) < wanted:
        names.remove("SERIES_COLNAME")
    return names


def _is_reference(node: exp.Expression) -> bool:
    words = ("TABLE", "SYSTEM$REFERENCE", "SYSTEM$QUERY_REFERENCE")
    return isinstance(node, exp.Anonymous) and str(node.this).upper() in words


def _value(session: "Session", name: str, node: exp.Expression) -> Any:
    if name == "INPUT_DATA":
        return _input(session, node)
    query = exp.Select(expressions=[node.copy()])
    relation, state = compile_top(session, query)
    rows, _cut = session.select(relation, state)
    return rows[0][0]


def _input(session: "Session", node: exp.Expression) -> "pd.DataFrame":
    """The rows of TABLE(name), TABLE(SELECT ..), SYSTEM$REFERENCE(kind, name) or SYSTEM$QUERY_REFERENCE(text)."""
    depth = session.limits.max_expression_depth
    name = str(node.this).upper() if isinstance(node, exp.Anonymous) else ""
    if name == "SYSTEM$REFERENCE" and len(node.expressions) >= 2:
        query = parse(f"SELECT * FROM {node.expressions[1].name}", depth)
    elif name == "SYSTEM$QUERY_REFERENCE" and node.expressions:
        query = parse(node.expressions[0].name, depth)
    elif name == "TABLE" and len(node.expressions) == 1:
        inner = node.expressions[0]
        query = (
            inner
            if isinstance(inner, exp.Select | exp.SetOperation | exp.Subquery)
            else exp.Select(expressions=[exp.Star()], from_=exp.From(this=exp.Table(this=node.copy())))
        )
        if isinstance(inner, exp.Column):
            query = exp.Select(
                expressions=[exp.Star()], from_=exp.From(this=exp.Table(this=inner.this.copy()))
            )
        elif isinstance(inner, exp.Literal):
            query = parse(f"SELECT * FROM {inner.name}", depth)
        elif isinstance(inner, exp.Dot):
            query = parse(f"SELECT * FROM {inner.sql('snowflake')}", depth)
    else:
        raise BadInput(
            f"INPUT_DATA cannot be {node.sql('snowflake')[:50]}",
            "Write TABLE(name), TABLE(SELECT ..), SYSTEM$REFERENCE('TABLE', 'name') or SYSTEM$QUERY_REFERENCE('SELECT ..').",
        )
    relation, state = compile_top(session, query)
    return session.frame(relation, state, session.limits.max_training_rows)


def _find_method(model: Model, method: str) -> tuple[tuple[str, ...], Method]:
    methods = _METHODS[model.kind]
    if method == "PREDICT" and model.kind == "CLASSIFICATION":
        raise BadInput(
            "PREDICT answers row by row and cannot be called",
            f"Write SELECT *, {model.name}!PREDICT(INPUT_DATA => {{*}}) FROM a table.",
        )
    if method not in methods:
        raise unknown(f"{model.kind} method", method, list(methods))
    return methods[method]


def _outcome(frame: "pd.DataFrame") -> Outcome:
    import pandas as pd

    columns = [str(name) for name in frame.columns]
    types: list[SqlType] = [_COLUMN_TYPES.get(name) or column_type(frame[name]) for name in columns]
    cells: list[list[Any]] = []
    for index, kind in enumerate(types):
        cells.append([_plain(value, kind, pd) for value in frame.iloc[:, index].tolist()])
    return Outcome(columns, types, [tuple(row) for row in zip(*cells, strict=True)])


def _plain(value: Any, kind: SqlType, pd: Any) -> Any:
    if not isinstance(value, list | dict) and pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime().replace(tzinfo=None)
    if hasattr(value, "item"):
        value = value.item()
    if kind is kinds.FLOAT:
        return float(value)
    return bool(value) if kind is kinds.BOOLEAN else value


def _forecast(model: Any, given: Arguments) -> "pd.DataFrame":
    return model.forecast(
        given.get("FORECASTING_PERIODS"), given.get("INPUT_DATA"), given.get("SERIES_VALUE"), given.get("CONFIG_OBJECT") or {},
        timestamp=given.get("TIMESTAMP_COLNAME"), series=given.get("SERIES_COLNAME") or None,
    )  # fmt: skip


def _detect(model: Any, given: Arguments) -> "pd.DataFrame":
    if given.get("INPUT_DATA") is None:
        raise BadInput("DETECT_ANOMALIES needs INPUT_DATA", "Write INPUT_DATA => TABLE(name).")
    stamp, target = _required(given, "TIMESTAMP_COLNAME"), _required(given, "TARGET_COLNAME")
    return model.detect(
        given["INPUT_DATA"],
        stamp,
        target,
        given.get("SERIES_COLNAME") or None,
        given.get("CONFIG_OBJECT") or {},
    )


def _drivers(_model: Any, given: Arguments) -> "pd.DataFrame":
    from core.sql_ai.ml.insights import get_drivers

    if given.get("INPUT_DATA") is None:
        raise BadInput("GET_DRIVERS needs INPUT_DATA", "Write INPUT_DATA => TABLE(name).")
    label, metric = _required(given, "LABEL_COLNAME"), _required(given, "METRIC_COLNAME")
    return get_drivers(given["INPUT_DATA"], label, metric, given.get("CONFIG_OBJECT") or {})


def _report(attribute: str) -> tuple[tuple[str, ...], Method]:
    return (), lambda model, given: getattr(model, attribute)()


def _evaluation(model: Any, given: Arguments) -> "pd.DataFrame":
    """The metrics of the backtest, or of the model on values it has not seen."""
    frame = given.get("INPUT_DATA")
    if frame is None:
        if given:
            raise BadInput(f"{next(iter(given))} needs INPUT_DATA", "Write INPUT_DATA => TABLE(name), or ().")
        return model.evaluation_metrics()
    from core.sql_ai.ml.outside import outside_metrics

    stamp, target = _required(given, "TIMESTAMP_COLNAME"), _required(given, "TARGET_COLNAME")
    series, config = given.get("SERIES_COLNAME") or None, given.get("CONFIG_OBJECT") or {}
    return outside_metrics(model.parts, frame, stamp, target, series, config)


_TIME_SERIES = {
    "SHOW_EVALUATION_METRICS": ((*_TRAINING, "CONFIG_OBJECT"), _evaluation),
    "EXPLAIN_FEATURE_IMPORTANCE": _report("feature_importance"),
    "SHOW_TRAINING_LOGS": _report("training_logs"),
    "SHOW_METHODS": _report("methods"),  # not Snowflake's: which methods share each forecast
}
_METHODS: dict[str, dict[str, tuple[tuple[str, ...], Method]]] = {
    "FORECAST": {
        "FORECAST": (
            (
                "FORECASTING_PERIODS",
                "SERIES_VALUE",
                "INPUT_DATA",
                "TIMESTAMP_COLNAME",
                "SERIES_COLNAME",
                "CONFIG_OBJECT",
            ),
            _forecast,
        ),
        **_TIME_SERIES,
    },
    "ANOMALY_DETECTION": {
        "DETECT_ANOMALIES": (
            ("INPUT_DATA", "SERIES_COLNAME", "TIMESTAMP_COLNAME", "TARGET_COLNAME", "CONFIG_OBJECT"),
            _detect,
        ),
        **_TIME_SERIES,
    },
    "CLASSIFICATION": {
        "SHOW_EVALUATION_METRICS": _report("evaluation_metrics"),
        "SHOW_GLOBAL_EVALUATION_METRICS": _report("global_evaluation_metrics"),
        "SHOW_THRESHOLD_METRICS": _report("threshold_metrics"),
        "SHOW_CONFUSION_MATRIX": _report("confusion_matrix"),
        "SHOW_FEATURE_IMPORTANCE": _report("feature_importance"),
        "SHOW_TRAINING_LOGS": _report("training_logs"),
    },
    "TOP_INSIGHTS": {
        "GET_DRIVERS": (("INPUT_DATA", "LABEL_COLNAME", "METRIC_COLNAME", "CONFIG_OBJECT"), _drivers)
    },
}
