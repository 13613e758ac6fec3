"""`field__among=[…]`: like `in`, for lists of any length, at the cost of one parameter.

Django writes every value of an `in` as a parameter of its own; for 100,000 serials that takes longer than PostgreSQL
takes to find them, and SQLite refuses so many.
"""

import json
from typing import TYPE_CHECKING, Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Field, ForeignKey, Lookup
from django.db.models.sql.compiler import SQLCompiler

# Generic for the type checker only; Django's own class takes no parameters.
if TYPE_CHECKING:
    _AnyLookup = Lookup[Any]
else:
    _AnyLookup = Lookup


@ForeignKey.register_lookup
@Field.register_lookup
class Among(_AnyLookup):
    """The column's value is one of the list's. The values are text or whole numbers, as the column has them."""

    lookup_name = "among"
    prepare_rhs = False

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        # Typed, because an empty list does not say what it is a list of.
        kind = "text" if isinstance(self.lhs.output_field, CharField) else "bigint"
        return f"{column} = ANY(%s::{kind}[])", [*parameters, list(self.rhs)]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} IN (SELECT value FROM json_each(%s))", [*parameters, json.dumps(list(self.rhs))]  # noqa: S608  (our own columns)
