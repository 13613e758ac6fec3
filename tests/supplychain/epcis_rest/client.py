"""An EPCIS client: a party's machine with an API key."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.test import Client as HttpClient


@dataclass
class Answer:
    """An HTTP answer: its status, its headers, and its body as JSON if it is that."""

    status: int
    headers: Any
    body: Any


class Client:
    """Speaks to /epcis/ with an API key; "" is nobody."""

    def __init__(self, key: str = "") -> None:
        self.http = HttpClient(raise_request_exception=True)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, /, *, method: str = "GET", **more: str) -> Answer:
        """Names with a dash are headers, all others are parameters."""
        headers = {name: value for name, value in more.items() if "-" in name or name == "Accept"}
        query = {name: value for name, value in more.items() if name not in headers}
        return answered(self.http.generic(method, address(path, query), headers={**self.headers, **headers}))

    def post(self, path: str, data: Any, /, *, content_type: str = "application/json", **headers: str) -> Answer:
        body = data if isinstance(data, bytes | str) else json.dumps(data)
        named = {**self.headers, **headers}
        return answered(self.http.generic("POST", address(path, {}), body, content_type=content_type, headers=named))


def address(path: str, query: dict[str, str]) -> str:
    base = path if path.startswith(("/", "http")) else f"/epcis/{path}"
    return base + ("&" if "?" in base else "?") * bool(query) + urlencode(query)


def answered(response: Any) -> Answer:
    text = response.content.decode()
    is_json = "json" in response.headers.get("Content-Type", "")
    return Answer(response.status_code, response.headers, json.loads(text) if is_json and text else text)
