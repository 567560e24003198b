"""A table made ready for training: inspected, its target read, its hold-out frozen."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.config_mlops import TrainingSettings
from core.counts import counted
from core.errors import BadInput, StoreError
from core.mlops import split, values
from core.mlops.roles import ColumnProfile, Role, input_column, profile_column
from core.mlops.schema import InputSchema, conform, did_you_mean
from core.mlops.tables import Table
from core.stores import told_as, written_whole

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_TARGET_NAME = re.compile(
    r"churn|exited|attrition|attrited|left|cancel|default|target|label|outcome|^y$|converted"
)
_MASK = " holdout"  # the hold-out's column in a stored file: a table's own names are trimmed
_MOST_BLANK = 0.2  # a target is known for most rows; a reason for leaving is not
_POSITIVE_NAMES = ("yes", "1", "true", "t", "y", "churn", "churned", "exited", "left", "attrited customer")


@dataclass(frozen=True)
class Issue:
    """Something found in the data that a person should know before training."""

    kind: Literal[
        "blanks", "duplicates", "identifier", "leak", "constant", "high_cardinality", "unreadable", "note"
    ]
    column: str
    message: str
    rows: int = 0


@dataclass(frozen=True)
class DataReport:
    """What a table contains: roles, problems, and which column may be the target."""

    name: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    issues: tuple[Issue, ...]
    target: str | None = None
    positive: str | None = None
    negative: str | None = None
    positive_rate: float | None = None
    target_suggestions: tuple[str, ...] = ()
    leak_auc: float = 0.98  # ROC-AUC of one column alone that marked it as a leak


@dataclass(frozen=True)
class Dataset:
    """A table with roles, a 0/1 target and a frozen hold-out, ready to train on.

    ``cells`` are the raw texts, so that any model's own schema can be applied to the same rows.
    """

    name: str
    digest: str
    cells: "pd.DataFrame"
    y: "np.ndarray"
    holdout: "np.ndarray"  # bool per row
    groups: "np.ndarray"  # rows of one group are duplicates
    risk: "np.ndarray"  # a plain model's out-of-fold score, by which splits are balanced
    schema: InputSchema
    report: DataReport

    @cached_property
    def inputs(self) -> "pd.DataFrame":
        """All rows in the model's shape."""
        return conform(self.cells, self.schema).frame

    @property
    def holdout_digest(self) -> str:
        """Identifies the frozen hold-out: the data and which of its rows are held out."""
        return hashlib.sha256(self.digest.encode() + self.holdout.tobytes()).hexdigest()[:16]


def inspect(
    table: Table,
    limits: TrainingSettings,
    target: str | None = None,
    positive: object = None,
    roles: Mapping[str, str] | None = None,
) -> DataReport:
    """Roles, problems and target suggestions of a table; nothing is trained.

    ``roles`` overrides inferred roles by column. Raises BadInput for an unknown column, role or value.
    """
    cells = table.cells
    suggestions = suggest_targets(cells)
    named = target is not None and str(target).strip() != ""
    name = _target_name(str(target), cells) if named else (suggestions[0] if suggestions else None)
    if name is None:
        profiles = [profile_column(str(c), cells[c], None, limits) for c in cells.columns]
        return DataReport(table.name, len(cells), tuple(profiles), _issues(profiles, cells, table))
    known, y, yes, no = _read_target(cells, name, positive)
    rows = cells[known]
    profiles = [_profile(str(column), rows, name, y, limits) for column in cells.columns]
    profiles = _edited(profiles, roles or {})
    issues = _issues(profiles, rows, table)
    if (~known).any():
        issues += (Issue("blanks", name, "rows without a target are left out", int((~known).sum())),)
    return DataReport(
        table.name,
        len(rows),
        tuple(profiles),
        issues,
        target=name,
        positive=yes,
        negative=no,
        positive_rate=float(y.mean()),
        target_suggestions=tuple(suggestions),
        leak_auc=limits.leak_auc,
    )


def prepare(
    table: Table,
    limits: TrainingSettings,
    folder: Path,
    target: str | None = None,
    positive: object = None,
    roles: Mapping[str, str] | None = None,
) -> Dataset:
    """The Dataset of a table; its hold-out is read from ``folder`` when these rows were seen before.

    Raises BadInput when there is no target, too few rows, or no usable column.
    """
    report = inspect(table, limits, target, positive, roles)
    if report.target is None:
        raise BadInput(
            f"No column of '{table.name}' looks like a target with two values",
            f"Name it with --target; the columns are: {', '.join(map(str, table.cells.columns))}.",
        )
    known, y, yes, no = _read_target(table.cells, report.target, positive)
    cells = table.cells[known].reset_index(drop=True)
    _require_enough(y, report, limits)
    profiles = [profile for profile in report.columns if profile.is_input]
    if not profiles:
        raise BadInput(
            f"No column of '{table.name}' is left to learn from",
            "Every column is the target, an identifier, constant, a leak or free text; edit the roles.",
        )
    schema = InputSchema(
        tuple(input_column(profile, cells[profile.name]) for profile in profiles), report.target, yes, no
    )
    groups = _groups(cells, report.columns)
    risk = _risk(cells, schema, y)
    digest = _digest(cells, report.target, yes)
    mask = split.holdout_mask(y, groups, risk, limits.holdout_share, limits.seed)
    mask = _frozen(
        folder, digest, cells, mask, {"name": table.name, "target": report.target, "positive": yes}
    )
    return Dataset(table.name, digest, cells, y, mask, groups, risk, schema, report)


def load_rows(folder: Path, digest: str) -> tuple["pd.DataFrame", "np.ndarray"] | None:
    """Raw cells and hold-out mask of a dataset seen before, or None; raises StoreError when damaged."""
    import pyarrow.parquet as pq

    path = folder / f"{digest}.parquet"
    if not path.is_file():
        return None
    try:
        with pq.ParquetFile(path) as file:  # pd.read_parquet loads all that Arrow has for folders of files
            frame = file.read().to_pandas()
        mask = frame.pop(frame.columns[-1])  # the last column, whatever earlier versions called it
        if mask.dtype != bool:
            raise ValueError("its last column is no hold-out")
    except (OSError, ValueError, IndexError) as error:  # pyarrow's errors are among them
        raise StoreError(
            f"The stored data '{digest}' cannot be read ({type(error).__name__})",
            f"Put datasets/{path.name} back, or delete it and train on the same file again.",
        ) from error
    return frame.astype(object), mask.to_numpy()


def read_answers(cells: "pd.DataFrame", schema: InputSchema) -> "np.ndarray":
    """The target of labelled rows as 0/1, under the names that ``schema`` gives the two answers."""
    return (cells[schema.target].map(values.normal) == values.normal(schema.positive)).to_numpy(dtype=int)


def suggest_targets(cells: "pd.DataFrame") -> list[str]:
    """Columns with exactly two values, the likeliest target first; named ones only, unless it is the last.

    What speaks for a column: its name, an answer such as 'churned', the last place, few blanks.
    """
    scored = []
    for position, column in enumerate(cells.columns):
        named = bool(_TARGET_NAME.search(str(column).casefold()))
        last = position == len(cells.columns) - 1
        if not (named or last):
            continue
        blank = values.is_blank(cells[column])
        answers = set(cells[column][~blank].map(values.normal).unique())
        if len(answers) == 2:
            spoken = not answers.isdisjoint(_POSITIVE_NAMES)
            score = 2 * named + spoken + last - 3 * bool(blank.mean() > _MOST_BLANK)
            scored.append((-score, position, str(column)))
    return [column for *_, column in sorted(scored)]


def _target_name(target: str, cells: "pd.DataFrame") -> str:
    names = [str(column) for column in cells.columns]
    if target in names:
        return target
    same = [name for name in names if name.strip().casefold() == target.strip().casefold()]
    if len(same) == 1:
        return same[0]
    raise BadInput(
        f"Column '{target}' is not in the table{did_you_mean(target, names)}", f"Columns: {', '.join(names)}."
    )


def _read_target(
    cells: "pd.DataFrame", name: str, positive: object
) -> tuple["pd.Series", "np.ndarray", str, str]:
    """Rows with a target, the target as 0/1, and the spelling of the two answers."""
    column = cells[name]
    known = ~values.is_blank(column)
    spelled = column[known]
    plain = spelled.map(values.normal)
    counts = plain.value_counts()
    if len(counts) != 2:
        shown = ", ".join(f"'{value}'" for value in counts.index[:5])
        raise BadInput(
            f"The target '{name}' has {counted(len(counts), 'different value')} ({shown}); it needs exactly two",
            "Choose a column with two answers, such as Yes and No.",
        )
    yes = _positive_value(counts, positive, name)
    spelling = {value: str(spelled[plain == value].mode().iloc[0]) for value in counts.index}
    no = next(value for value in counts.index if value != yes)
    return known, (plain == yes).to_numpy(dtype=int), spelling[yes], spelling[no]


def _positive_value(counts: "pd.Series", positive: object, name: str) -> str:
    found = [str(value) for value in counts.index]
    if positive is None or str(positive).strip() == "":
        by_name = [value for value in _POSITIVE_NAMES if value in found]
        return by_name[0] if by_name else found[-1]  # else the rarer one
    wanted = values.normal(positive)
    if wanted in found:
        return wanted
    side = values.truth(wanted)
    same_side = [value for value in found if side is not None and values.truth(value) == side]
    if len(same_side) == 1:
        return same_side[0]
    shown = " and ".join(f"'{value}'" for value in found)
    raise BadInput(
        f"'{positive}' is not a value of the target '{name}'{did_you_mean(wanted, found)}",
        f"Its values are {shown}.",
    )


def _profile(
    column: str, rows: "pd.DataFrame", target: str, y: "np.ndarray", limits: TrainingSettings
) -> ColumnProfile:
    if column != target:
        return profile_column(column, rows[column], y, limits)
    return ColumnProfile(
        column, Role.TARGET, 2, 0, tuple(rows[column].drop_duplicates().iloc[:2]), "the answer"
    )


def _edited(profiles: list[ColumnProfile], roles: Mapping[str, str]) -> list[ColumnProfile]:
    names = [profile.name for profile in profiles]
    for column, role in roles.items():
        if column not in names:
            raise BadInput(
                f"Column '{column}' is not in the table{did_you_mean(column, names)}",
                f"Columns: {', '.join(names)}.",
            )
        if role not in set(Role):
            raise BadInput(
                f"'{role}' is not a role{did_you_mean(role, list(Role))}", f"Roles: {', '.join(Role)}."
            )
    changed = []
    for profile in profiles:
        role = Role(roles.get(profile.name, profile.role))
        if role == profile.role or profile.role == Role.TARGET:
            changed.append(profile)
            continue
        if role == Role.NUMERIC and not profile.reads_as_number:
            raise BadInput(
                f"Column '{profile.name}' cannot be numeric: it has texts such as '{profile.examples[0]}'",
                "Make it categorical, or leave it out.",
            )
        if role == Role.DATE and not profile.date_format:
            raise BadInput(
                f"Column '{profile.name}' cannot be a date: no known date format reads it",
                "Write the dates as 2026-11-29, or give the column another role.",
            )
        changed.append(replace(profile, role=role, why=f"set by hand (was {profile.role})"))
    return changed


def _issues(profiles: list[ColumnProfile], cells: "pd.DataFrame", table: Table) -> tuple[Issue, ...]:
    found = [Issue("note", "", note) for note in table.notes]
    kinds: dict[Role, Literal["identifier", "leak", "constant", "high_cardinality"]] = {
        Role.IDENTIFIER: "identifier",
        Role.LEAK: "leak",
        Role.CONSTANT: "constant",
        Role.HIGH_CARDINALITY: "high_cardinality",
    }
    for profile in profiles:
        if profile.role in kinds:
            found.append(Issue(kinds[profile.role], profile.name, f"left out: {profile.why}", len(cells)))
        if profile.blanks:
            found.append(Issue("blanks", profile.name, "blank cells, filled in by the model", profile.blanks))
        if profile.unreadable and profile.role == Role.NUMERIC:
            found.append(
                Issue(
                    "unreadable",
                    profile.name,
                    "cells that are not numbers count as blank",
                    profile.unreadable,
                )
            )
    repeated = int(cells[_content_columns(profiles)].duplicated().sum()) if _content_columns(profiles) else 0
    if repeated:
        message = "rows repeat another one (identifiers aside); copies stay on one side of every split"
        found.append(Issue("duplicates", "", message, repeated))
    return tuple(found)


def _content_columns(profiles: "list[ColumnProfile] | tuple[ColumnProfile, ...]") -> list[str]:
    return [profile.name for profile in profiles if profile.role != Role.IDENTIFIER]


def _require_enough(y: "np.ndarray", report: DataReport, limits: TrainingSettings) -> None:
    if len(y) < limits.min_rows:
        raise BadInput(
            f"{len(y)} rows have a target; at least {limits.min_rows} are needed", "Add rows to the table."
        )
    rarer = int(min(y.sum(), len(y) - y.sum()))
    if rarer < limits.min_class_rows:
        raise BadInput(
            f"Only {rarer} rows have the rarer value of '{report.target}'; at least {limits.min_class_rows} are needed",
            "Add rows of that kind.",
        )


def _groups(cells: "pd.DataFrame", profiles: tuple[ColumnProfile, ...]) -> "np.ndarray":
    """A number per set of duplicates (equal inputs, identifiers and target aside).

    A table with few distinct rows cannot be split that way; there only whole copies are grouped with the
    target, and if even these dominate, each row stands for itself.
    """
    import numpy as np
    import pandas as pd

    content = _content_columns(profiles)
    inputs = [profile.name for profile in profiles if profile.is_input]
    for columns in (inputs, content):
        hashed = pd.util.hash_pandas_object(cells[columns], index=False).to_numpy()
        numbers, sizes = np.unique(hashed, return_inverse=True, return_counts=True)[1:]
        if len(sizes) >= len(cells) / 2 and sizes.max() <= len(cells) / 50:
            return numbers
    return np.arange(len(cells))


def _digest(cells: "pd.DataFrame", target: str, positive: str) -> str:
    import pandas as pd

    content = hashlib.sha256(pd.util.hash_pandas_object(cells, index=False).to_numpy().tobytes())
    content.update(json.dumps([list(cells.columns), target, positive]).encode())
    return content.hexdigest()[:16]


def _risk(cells: "pd.DataFrame", schema: InputSchema, y: "np.ndarray") -> "np.ndarray":
    """Out-of-fold score of a plain logistic regression: how easy or hard each row is.

    Splits are balanced by it as they are by the target, so that the hold-out has its share of easy and of
    hard rows; it takes part in no choice of a model.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    from core.mlops.preprocessing import build_preprocessor

    frame = conform(cells, schema).frame
    plain = make_pipeline(
        build_preprocessor("scaled", schema, frame), LogisticRegression(C=0.3, max_iter=500)
    )
    return cross_val_predict(plain, frame, y, cv=StratifiedKFold(3), method="predict_proba")[:, 1]


def _frozen(
    folder: Path, digest: str, cells: "pd.DataFrame", mask: "np.ndarray", facts: dict[str, Any]
) -> "np.ndarray":
    """The hold-out of these rows: as frozen at their first use, whatever was changed since, else ``mask``."""
    seen = load_rows(folder, digest)
    if seen is not None:
        return seen[1]
    facts = facts | {"rows": len(cells), "holdout_rows": int(mask.sum())}
    with told_as("The folder of training data"):
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(folder / f"{digest}.parquet") as partial:
            cells.assign(**{_MASK: mask}).to_parquet(partial, index=False)
            (folder / f"{digest}.json").write_text(json.dumps(facts, indent=2))
    return mask
