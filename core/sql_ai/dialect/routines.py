"""SQL user functions: a call is compiled as the function's body with the arguments in the place of its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from core.errors import BadInput, LimitReached
from core.sql_ai.dialect.compilation import Compilation
from core.sql_ai.dialect.parse import DRAWN_MARK
from core.sql_ai.dialect.pieces import Piece, Scope

_MOST_CALLS = 2_000  # in one statement: a function that calls another one twice doubles with every level
_MOST_NODES = 200_000  # of arguments, in the places of parameters: long arguments in long bodies multiply


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function or procedure."""

    name: str
    type: exp.DataType
    default: exp.Expression | None = None


@dataclass(frozen=True)
class Routine:
    """A user's function or procedure; ``columns`` are set for one that returns a table."""

    kind: str  # FUNCTION or PROCEDURE
    name: str
    parameters: tuple[Parameter, ...]
    returns: exp.DataType | None
    columns: tuple[tuple[str, exp.DataType], ...]
    body: str

    @property
    def is_table(self) -> bool:
        """Whether it stands in FROM, inside TABLE(..)."""
        return self.returns is None

    def takes(self, count: int) -> bool:
        """Whether ``count`` arguments are enough and not too many."""
        return sum(one.default is None for one in self.parameters) <= count <= len(self.parameters)

    @property
    def signature(self) -> str:
        """Name and parameter types, as SHOW and DROP write them."""
        return f"{self.name}({', '.join(one.type.sql('snowflake') for one in self.parameters)})"


def bind(routine: Routine, arguments: list[exp.Expression]) -> dict[str, exp.Expression]:
    """The argument of each parameter, cast to its type; raises BadInput for what does not fit."""
    given: dict[str, exp.Expression] = {}
    names = [one.name for one in routine.parameters]
    for index, item in enumerate(arguments):
        name = item.this.name.upper() if isinstance(item, exp.Kwarg) else names[index]
        if name not in names or name in given:
            raise BadInput(
                f"{routine.signature} has no argument {name} here", f"It takes {', '.join(names)}."
            )
        given[name] = item.expression if isinstance(item, exp.Kwarg) else item
    for one in routine.parameters:
        value = given.get(one.name, one.default)
        if value is None:
            raise BadInput(
                f"{routine.signature} is missing its argument {one.name}", "Give it, or a DEFAULT."
            )
        given[one.name] = exp.Cast(this=value.copy(), to=one.type.copy())
    return given


def compile_routine(routine: Routine, call: exp.Anonymous, scope: Scope) -> Piece:
    """The value of a call."""
    if routine.returns is None:
        raise BadInput(f"{routine.name} returns a table", f"Write FROM TABLE({routine.name}(..)).")
    value = exp.Cast(this=_expanded(routine, call, scope), to=routine.returns.copy())
    return scope.state.expression(value, scope)


def table_query(routine: Routine, call: exp.Anonymous, scope: Scope) -> exp.Select:
    """The rows of a call in FROM, as a query with the declared columns."""
    query = _expanded(routine, call, scope)
    if not isinstance(query, exp.Query):
        raise BadInput(f"The body of {routine.name} is not a query", "A table function's body is a SELECT.")
    names = [f"C{index}" for index in range(len(routine.columns))]
    inner = exp.Subquery(
        this=query,
        alias=exp.TableAlias(
            this=exp.to_identifier("BODY", quoted=True),
            columns=[exp.to_identifier(name, quoted=True) for name in names],
        ),
    )
    items = [
        exp.alias_(exp.Cast(this=exp.column(name, quoted=True), to=kind.copy()), title, quoted=True)
        for name, (title, kind) in zip(names, routine.columns, strict=True)
    ]
    return exp.Select(expressions=items, from_=exp.From(this=inner))


def read_body(routine: Routine, max_depth: int) -> exp.Expression:
    """The body as an expression or a query."""
    from core.sql_ai.dialect.parse import parse

    text = routine.body.strip().rstrip(";")
    first = text.lstrip("( \n\t").split(None, 1)[0].upper() if text.strip("( \n\t") else ""
    if not first:
        raise BadInput(f"The body of {routine.name} is empty", "Write an expression or a SELECT.")
    if first in ("SELECT", "WITH"):
        query = parse(text, max_depth)
        return query if routine.is_table else exp.Subquery(this=query)
    wrapped = parse(f"SELECT ({text}\n)", max_depth)
    if not isinstance(wrapped, exp.Select) or len(wrapped.expressions) != 1 or wrapped.args.get("from_"):
        raise BadInput(f"The body of {routine.name} is not an expression", "Write one value, or a SELECT.")
    return wrapped.expressions[0].copy()


def called(node: exp.Expression) -> str:
    """The name in a call as it was written: quoted ones keep their case."""
    return node.this.name if isinstance(node.this, exp.Identifier) else str(node.this)


def _count(state: Compilation) -> None:
    state.expansions += 1
    if state.expansions > _MOST_CALLS:
        raise LimitReached(
            f"The functions of the statement expand to more than {_MOST_CALLS:,} calls", "Nest them less."
        )


def _expanded(routine: Routine, call: exp.Anonymous, scope: Scope) -> exp.Expression:
    _count(scope.state)
    arguments = bind(routine, call.expressions)
    body = read_body(routine, scope.state.max_depth)
    _mark_as_of(body, call)
    if body.find(exp.Query) is not None:
        _rename_tables(body, scope.state)
        for value in arguments.values():
            _qualify(value, scope)
    return _substituted(body, arguments, scope.state)


def _mark_as_of(body: exp.Expression, call: exp.Anonymous) -> None:
    """Let what the body draws be the same wherever this call is read, and another for each other call."""
    own = call.meta.get(DRAWN_MARK)
    for number, node in enumerate(body.find_all(exp.Anonymous, exp.Column)):
        if DRAWN_MARK in node.meta and own is not None:
            node.meta[DRAWN_MARK] = (own, number)


def _substituted(
    body: exp.Expression, arguments: Mapping[str, exp.Expression], state: Compilation
) -> exp.Expression:
    holder = exp.Paren(this=body) if not isinstance(body, exp.Query) else body
    sizes = {name: sum(1 for _node in value.walk()) for name, value in arguments.items()}
    places = [one for one in holder.find_all(exp.Column) if not one.table and one.name in arguments]
    state.unfolded += sum(sizes[column.name] for column in places)
    if state.unfolded > _MOST_NODES:
        raise LimitReached(
            f"The functions of the statement unfold to more than {_MOST_NODES:,} expressions",
            "Shorten the arguments, or name them in a WITH first.",
        )
    for column in places:
        column.replace(exp.Paren(this=arguments[column.name].copy()))
    return holder


def _rename_tables(body: exp.Expression, state: Compilation) -> None:
    """Give the body's tables names that no argument can mean."""
    mark = state.fresh("~")
    renamed: set[str] = set()
    for node in list(body.find_all(exp.Table, exp.Subquery, exp.Lateral, exp.Values)):
        alias = node.args.get("alias")
        if alias is None and (not isinstance(node, exp.Table) or not node.name):
            continue
        old = alias.name if alias is not None else node.name
        renamed.add(old)
        if alias is None:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(old + mark, quoted=True)))
        else:
            alias.set("this", exp.to_identifier(old + mark, quoted=True))
    for column in body.find_all(exp.Column):
        if column.table in renamed:
            column.set("table", exp.to_identifier(column.table + mark, quoted=True))


def _qualify(value: exp.Expression, scope: Scope) -> None:
    """Name the table of each column, so that the body's own columns cannot take its place."""
    for column in value.find_all(exp.Column):
        if column.table:
            continue
        place: Scope | None = scope
        while place is not None:
            source = next((one for one in place.sources if one.alias and one.find(column.name)), None)
            if source is not None:
                column.set("table", exp.to_identifier(source.alias, quoted=True))
                break
            place = place.parent
