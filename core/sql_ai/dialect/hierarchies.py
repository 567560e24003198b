"""CONNECT BY as a recursive WITH query: the rows of FROM, then level by level those that hang below them."""

import re
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from core.errors import BadInput
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.dialect.nodes import aliased, named, named_column
from core.sql_ai.dialect.pieces import expression

PRIOR, ROOT = "SF_PRIOR", "SF_ROOT"  # what PRIOR x and CONNECT_BY_ROOT x become before sqlglot reads them
_WORDS = {"PRIOR": PRIOR, "CONNECT_BY_ROOT": ROOT}
_SOURCE, _TREE = "connect!source", "connect!tree"
_REFUSED = ("CONNECT_BY_ISLEAF", "CONNECT_BY_ISCYCLE")
_CLAUSES = ("where", "group", "having", "qualify", "order")


def as_calls(sql: str, tokens: list[Token]) -> str:
    """``sql`` with ``PRIOR x`` and ``CONNECT_BY_ROOT x`` as calls, which the parser reads wherever they stand."""
    if not any(token.token_type is TokenType.CONNECT_BY for token in tokens):
        return sql
    pieces, position = [], 0
    for index, token in enumerate(tokens[:-1]):
        name = _WORDS.get(token.text.upper()) if token.token_type is TokenType.VAR else None
        if name is None or tokens[index + 1].token_type is TokenType.L_PAREN:
            pieces += [sql[position : token.start], name] if name else []
            position = token.end + 1 if name else position
            continue
        last = index + 1
        while last + 2 < len(tokens) and tokens[last + 1].token_type is TokenType.DOT:
            last += 2
        operand = sql[tokens[index + 1].start : tokens[last].end + 1]
        pieces += [sql[position : token.start], f"{name}({operand})"]
        position = tokens[last].end + 1
    return "".join([*pieces, sql[position:]])


@dataclass
class _Tree:
    """The columns that travel down the hierarchy, beside those of FROM: name, value at a root, value below."""

    aliases: frozenset[str]
    columns: dict[str, tuple[exp.Expression, exp.Expression]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def column(
        self, kind: str, key: exp.Expression, root: exp.Expression, below: exp.Expression
    ) -> exp.Column:
        """The hidden column for one PRIOR, ROOT or path; the same expression has one."""
        identity = f"{kind} {key.sql('snowflake')}"
        if identity not in self.names:
            self.names[identity] = f"connect!{len(self.names)}"
            self.columns[self.names[identity]] = (root, below)
        return named_column(self.names[identity])

    def of(self, node: exp.Expression, table: str | None) -> exp.Expression:
        """``node`` with its columns read from ``table``, whatever they were qualified with."""

        def moved(one: exp.Expression) -> exp.Expression:
            if isinstance(one, exp.Column) and (not one.table or one.table in self.aliases):
                if isinstance(one.this, exp.Star):
                    return exp.Star() if table is None else one
                return named_column(one.name, table)
            return one

        return node.copy().transform(moved)

    def outer(self, node: exp.Expression) -> exp.Expression:
        """An expression outside the hierarchy: its PRIOR, ROOT, path and LEVEL read the hidden columns."""

        def swapped(one: exp.Expression) -> exp.Expression:
            if isinstance(one, exp.ConnectByRoot) or _is_call(one, ROOT):
                value = one.this if isinstance(one, exp.ConnectByRoot) else one.expressions[0]
                self.refuse_nested(value)
                hidden = self.column(ROOT, value, self.of(value, _SOURCE), exp.Null())
                self.columns[hidden.name] = (self.of(value, _SOURCE), named_column(hidden.name, _TREE))
                return hidden
            if _is_call(one, PRIOR):
                value = one.expressions[0]
                # A bare NULL has no type, and the recursive part must have the types of the roots.
                nothing = exp.Anonymous(
                    this="IFF", expressions=[exp.false(), self.of(value, _SOURCE), exp.Null()]
                )
                return self.column(PRIOR, value, nothing, self.of(value, _TREE))
            if _is_call(one, "SYS_CONNECT_BY_PATH"):
                return self.path(one)
            return one

        return self.of(node.copy().transform(swapped), None)

    def path(self, call: exp.Expression) -> exp.Column:
        """SYS_CONNECT_BY_PATH(x, separator): the separator stands before every part."""
        if len(call.expressions) != 2:
            raise BadInput(
                "SYS_CONNECT_BY_PATH takes a value and a separator", "Write SYS_CONNECT_BY_PATH(x, '/')."
            )
        value, separator = call.expressions
        part = exp.DPipe(
            this=separator.copy(), expression=exp.Cast(this=self.of(value, _SOURCE), to=_TEXT.copy())
        )
        hidden = self.column("PATH", call, part, exp.Null())
        self.columns[hidden.name] = (
            part,
            exp.DPipe(this=named_column(hidden.name, _TREE), expression=part.copy()),
        )
        return hidden

    def refuse_nested(self, value: exp.Expression) -> None:
        if any(_is_call(one, PRIOR) or _is_call(one, ROOT) for one in value.find_all(exp.Anonymous)):
            raise BadInput("PRIOR and CONNECT_BY_ROOT cannot be inside each other", "Use one at a time.")


_TEXT = exp.DataType.build("VARCHAR")


def expanded(node: exp.Select) -> exp.Select:
    """The SELECT with CONNECT BY as an ordinary one over a recursive query; a cycle meets the recursion limit."""
    connect = node.args["connect"]
    if connect.args.get("nocycle"):
        raise refuse("CONNECT BY NOCYCLE", "Snowflake has none either; end the recursion with LEVEL < n.")
    source = node.args.get("from_")
    if source is None:
        raise BadInput("CONNECT BY needs a FROM clause", "Name the table that holds the hierarchy.")
    for column in node.find_all(exp.Column):
        if column.name in _REFUSED:
            raise refuse(column.name, "Compare with the rows that have this one as PRIOR.")
    tree = _Tree(_aliases(node))
    outer = node.copy()
    outer.set("connect", None)
    outer.set("expressions", [_selected(item, tree) for item in node.expressions])
    for key in _CLAUSES:
        if node.args.get(key) is not None:
            outer.set(key, tree.outer(node.args[key]))
    start, condition = connect.args.get("start"), _condition(connect.args["connect"], tree)
    alias = exp.TableAlias(this=named("HIERARCHY"))
    outer.set("from_", exp.From(this=exp.Table(this=named(_TREE), alias=alias)))
    for key in ("joins", "laterals"):
        outer.set(key, None)
    hidden = [named(name) for name in tree.columns]
    _hide(outer, [*hidden, named("LEVEL")])
    given = node.args["with_"].expressions if node.args.get("with_") is not None else []
    ctes = [
        *(one.copy() for one in given),
        _cte(_SOURCE, _rows(node)),
        _cte(_TREE, _union(tree, start, condition)),
    ]
    outer.set("with_", exp.With(expressions=ctes, recursive=True))
    return outer


def _selected(item: exp.Expression, tree: _Tree) -> exp.Expression:
    """A select item keeps the name it had: of its column, or of its text."""
    moved = tree.outer(item)
    if isinstance(item, exp.Alias | exp.Star | exp.Column) or not isinstance(moved, exp.Column):
        return moved
    return aliased(moved, _title(item))


def _title(item: exp.Expression) -> str:
    copy = item.copy()
    for identifier in copy.find_all(exp.Identifier):
        identifier.set("quoted", False)
    written = copy.sql("snowflake").upper()
    for word, call in _WORDS.items():
        written = re.sub(rf"\b{call}\(([^()]*)\)", rf"{word} \1", written)
    return written


def _condition(node: exp.Expression, tree: _Tree) -> exp.Expression:
    """The condition between a row (of the tree) and the one below it; LEVEL is that of the lower one."""
    marked = node.copy()
    found = (expression(one) for one in marked.find_all(exp.Anonymous, exp.Prior))
    priors = [one for one in found if isinstance(one, exp.Prior) or _is_call(one, PRIOR)]
    slots: dict[str, exp.Expression] = {}
    for index, prior in enumerate(priors):
        value = prior.this if isinstance(prior, exp.Prior) else prior.expressions[0]
        slots[f"prior!{index}"] = tree.of(value, _TREE)
        slot = named_column(f"prior!{index}", "prior!")
        if prior is marked:
            marked = slot
        else:
            prior.replace(slot)
    deeper = exp.Paren(this=exp.Add(this=named_column("LEVEL", _TREE), expression=exp.Literal.number(1)))

    def filled(one: exp.Expression) -> exp.Expression:
        if isinstance(one, exp.Column) and one.table == "prior!":
            return slots[one.name]
        if isinstance(one, exp.Column) and one.name == "LEVEL" and one.table == _SOURCE:
            return deeper.copy()
        return one

    return tree.of(marked, _SOURCE).transform(filled)


def _union(tree: _Tree, start: exp.Expression | None, condition: exp.Expression) -> exp.Union:
    every = exp.Column(this=exp.Star(), table=named(_SOURCE))
    one, deeper = (
        exp.Literal.number(1),
        exp.Add(this=named_column("LEVEL", _TREE), expression=exp.Literal.number(1)),
    )
    roots = exp.Select(
        expressions=[every, aliased(one, "LEVEL"), *_hidden(tree, 0)],
        from_=exp.From(this=exp.Table(this=named(_SOURCE))),
    )
    if start is not None:
        roots.set("where", exp.Where(this=tree.of(start, _SOURCE)))
    below = exp.Select(
        expressions=[every.copy(), aliased(deeper, "LEVEL"), *_hidden(tree, 1)],
        from_=exp.From(this=exp.Table(this=named(_TREE))),
        joins=[exp.Join(this=exp.Table(this=named(_SOURCE)), on=condition)],
    )
    return exp.Union(this=roots, expression=below, distinct=False)


def _hidden(tree: _Tree, place: int) -> list[exp.Expression]:
    return [aliased(values[place].copy(), name) for name, values in tree.columns.items()]


def _rows(node: exp.Select) -> exp.Select:
    """``SELECT * FROM ..`` of the original FROM; one without columns, such as DUAL, gets one."""
    inner = exp.Select(expressions=[exp.Star()], from_=node.args["from_"].copy())
    for key in ("joins", "laterals"):
        if node.args.get(key):
            inner.set(key, [one.copy() for one in node.args[key]])
    table = node.args["from_"].this
    if isinstance(table, exp.Table) and table.name == "DUAL":
        inner.set("expressions", [aliased(exp.Literal.number(1), "DUMMY")])
    return inner


def _hide(outer: exp.Select, hidden: list[exp.Identifier]) -> None:
    """``*`` stands for the columns of FROM only."""
    for item in outer.expressions:
        if isinstance(item, exp.Star):
            item.set(
                "except_", [*(item.args.get("except_") or []), *(exp.Column(this=name) for name in hidden)]
            )


def _aliases(node: exp.Select) -> frozenset[str]:
    tables = [node.args["from_"].this, *(join.this for join in node.args.get("joins") or [])]
    return frozenset(table.alias_or_name for table in tables)


def _is_call(node: exp.Expression, name: str) -> bool:
    return isinstance(node, exp.Anonymous) and str(node.this).upper() == name


def _cte(name: str, query: exp.Expression) -> exp.CTE:
    return exp.CTE(this=query, alias=exp.TableAlias(this=named(name)))
