"""Comments on tables, views and their columns: COMMENT ON, and the COMMENT of CREATE and ALTER."""

from typing import TYPE_CHECKING

from sqlglot import exp

from core.errors import LimitReached
from core.sql_ai.dialect.compilation import refuse, unknown
from core.sql_ai.outcomes import Outcome, status

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_Key = tuple[str, str | None]  # the object, and its column unless the object itself is meant


class Comments:
    """What was written about which object; all texts together may hold ``most`` characters."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._texts: dict[_Key, str] = {}

    def get(self, name: str, column: str | None = None) -> str:
        """The comment on a table or view, or on its column; '' when there is none."""
        return self._texts.get((name, column), "")

    def put(self, name: str, column: str | None, text: str) -> None:
        """Write a comment; an empty one takes it away. Raises LimitReached for too much text."""
        self._texts.pop((name, column), None)
        if sum(map(len, self._texts.values())) + len(text) > self._most:
            raise LimitReached(
                f"The session's comments hold more than the limit max_value_bytes = {self._most:,}",
                "Write shorter ones.",
            )
        if text:
            self._texts[name, column] = text

    def drop(self, name: str) -> None:
        """Forget what was written about an object and its columns."""
        self.move({name: None})

    def move(self, names: dict[str, str | None]) -> None:
        """Give the comments of each object to the one that it is called now; to none where it is gone."""
        self._texts = {
            (new, column): text
            for (name, column), text in self._texts.items()
            if (new := names.get(name, name)) is not None
        }

    def rename_column(self, name: str, old: str, new: str | None) -> None:
        """The comment on a column goes with its new name, or away with the column."""
        text = self._texts.pop((name, old), "")
        if new is not None and text:
            self._texts[name, new] = text

    def copy(self, source: str, name: str) -> None:
        """Write about ``name`` what is written about ``source``."""
        for (one, column), text in list(self._texts.items()):
            if one == source:
                self.put(name, column, text)


def comment(session: "Session", tree: exp.Comment) -> Outcome:
    """COMMENT [IF EXISTS] ON TABLE, VIEW or COLUMN .. IS 'text'."""
    kind, target = str(tree.args.get("kind") or "").upper(), tree.this
    if kind not in ("TABLE", "VIEW", "COLUMN"):
        raise refuse(f"COMMENT ON {kind}", "The sandbox keeps comments on tables, views and their columns.")
    name = target.table if kind == "COLUMN" else target.name
    if session.relation(name) is None and tree.args.get("exists"):
        return status("Statement executed successfully.")
    column = target.name if kind == "COLUMN" else None
    write(session, name, column, tree.expression.name)
    return status("Statement executed successfully.")


def write(session: "Session", name: str, column: str | None, text: str) -> None:
    """Comment on a table or view, or on its column; raises BadInput for one that does not exist."""
    if session.relation(name) is None:
        raise unknown("Table or view", name, session.names())
    titles = [one.name for one in session.store.columns_of(name)]
    if column is not None and column not in titles:
        raise unknown("Column", column, titles)
    session.sandbox.commit()
    session.store.comments.put(name, column, text)


def write_created(session: "Session", name: str, tree: exp.Create, schema: list[exp.Expression]) -> None:
    """The comments that CREATE TABLE or CREATE VIEW gives to the object and to its columns."""
    properties = tree.args.get("properties")
    for item in properties.expressions if properties is not None else []:
        if isinstance(item, exp.SchemaCommentProperty):
            write(session, name, None, item.name)
    for column in schema:
        if isinstance(column, exp.ColumnDef):
            write_of_column(session, name, column)


def write_of_column(session: "Session", name: str, column: exp.ColumnDef) -> None:
    """The comment that the definition of a column gives to it."""
    for constraint in column.args.get("constraints") or []:
        kind = constraint.args.get("kind")
        if isinstance(kind, exp.CommentColumnConstraint):
            write(session, name, column.name, kind.name)


def write_set(session: "Session", name: str, action: exp.Expression) -> None:
    """The comment of ALTER .. SET COMMENT = 'text' and UNSET COMMENT."""
    for part in action.expressions:
        for item in part.expressions if isinstance(part, exp.Properties) else [part]:
            if isinstance(item, exp.SchemaCommentProperty):
                write(session, name, None, item.name)
            elif item.name.upper() == "COMMENT":
                write(session, name, None, "")
