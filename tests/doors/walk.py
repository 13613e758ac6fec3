"""Every door that there is, as Django's own resolver and our folders of commands know them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def addresses() -> dict[str, str]:
    """Name of a URL pattern, with its namespace, to its route. Patterns without a name go by their route."""
    return dict(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns: list[Any], route: str, namespace: str) -> Iterator[tuple[str, str]]:
    for one in patterns:
        here = route + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, here, f"{namespace}{one.namespace}:" if one.namespace else namespace)
        else:
            assert isinstance(one, URLPattern)
            yield f"{namespace}{one.name or here}", here


def commands() -> set[str]:
    """The management commands of our own apps."""
    folders = ROOT.glob("*/management/commands/*.py")
    return {path.stem for path in folders if path.stem != "__init__"}
