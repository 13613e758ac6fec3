"""The outsider of conftest does look: a log that publishes something wrong fails its test, whatever it is about."""

from pathlib import Path

import pytest
from django.conf import settings

from ledger.usecases.seal import seal
from ledger.usecases.sign import sign
from tests.ledger.cast import open_cast, published, put_events
from tests.ledger.conftest import Outsider

pytestmark = pytest.mark.django_db


def test_each_publication_is_looked_at(outsider: Outsider) -> None:
    cast, folder = open_cast(), Path(settings.LOG_PUBLIC_DIR)
    published()
    first = outsider.seen[folder]
    put_events(cast, 2)
    seal()
    sign()
    assert outsider.seen[folder] is first
    published()
    assert outsider.seen[folder].size == first.size + 3


def test_a_published_leaf_that_is_wrong_is_noticed_at_the_next_publication() -> None:
    cast, folder = open_cast(), Path(settings.LOG_PUBLIC_DIR)
    published()
    put_events(cast, 252)
    published()
    (folder / "tile/entries/000").write_bytes((folder / "tile/entries/000").read_bytes().replace(b"a", b"b"))
    put_events(cast, 1)
    with pytest.raises(AssertionError, match="do not hash to the signed root"):
        published()
