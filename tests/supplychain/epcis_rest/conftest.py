"""Every party of the cast as an EPCIS client."""

from dataclasses import dataclass

import pytest

from supplychain.usecases.issue_api_key import issue_api_key
from tests.factories import Cast
from tests.supplychain.epcis_rest.client import Client


@dataclass
class Clients:
    regulator: Client
    maker: Client
    wholesaler: Client
    pharmacy: Client
    forger: Client
    nobody: Client


@pytest.fixture
def epcis(cast: Cast) -> Clients:
    roles = ("regulator", "maker", "wholesaler", "pharmacy", "forger")
    keys = {name: issue_api_key(party=getattr(cast, name).party, name="erp")[1] for name in roles}
    return Clients(**{name: Client(key) for name, key in keys.items()}, nobody=Client())
