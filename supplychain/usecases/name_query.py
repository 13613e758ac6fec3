"""A party gives a query a name, to ask it again or to subscribe to it."""

import re
from typing import Any

from django.utils import timezone

from supplychain.acts import Actor, Refused, registration
from supplychain.epcis.query import parse_query_body
from supplychain.models import NamedQuery

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}", re.ASCII)


@registration("name_query")
def name_query(*, actor: Actor, name: Any, query: Any) -> NamedQuery:
    """Keep `query`, a JSON object of the query language, under `name`.

    Raises:
        EPCISError: the query is none.
        Refused: the name is taken (NAME_TAKEN) or cannot stand in an address (BAD_NAME).
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Refused.because("BAD_NAME", f"Query name {str(name)[:40]!r}: expected 1 to 100 of A-Z a-z 0-9 - . _ ~")
    parse_query_body(query)
    if NamedQuery.objects.filter(party=actor.party, name=name).exists():
        raise Refused.because("NAME_TAKEN", f"You have a query {name!r} already: delete it first, or take another name")
    return NamedQuery.objects.create(party=actor.party, name=name, query=query, created_at=timezone.now())
