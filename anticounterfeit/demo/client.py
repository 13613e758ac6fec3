"""A partner's software, as small as can be: JSON over HTTP with an API key and an idempotency key for each act."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 60


class ApiError(Exception):
    """An answer that is not 2xx: `status`, and the problem's `code` if it has one."""

    def __init__(self, method: str, path: str, status: int, body: bytes) -> None:
        try:
            problem = json.loads(body)
        except ValueError:
            problem = {"detail": body[:200].decode(errors="replace")}
        self.status = status
        self.code = str(problem.get("code", ""))
        super().__init__(f"{method} {path}: {status} {self.code} {problem.get('detail', '')}")


@dataclass(frozen=True, slots=True)
class Client:
    """One party at its keyboard. `key` is empty for the public."""

    base_url: str
    key: str = ""

    def get(self, path: str, accept: str = "application/json") -> bytes:
        return self._send("GET", path, None, {"Accept": accept})

    def get_json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def post(self, path: str, body: dict[str, Any], *, once: str = "") -> Any:
        """`once` names the act: sent again under the same name, it gives the first answer again."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if once:
            headers["Idempotency-Key"] = once
        return json.loads(self._send("POST", path, json.dumps(body).encode(), headers))

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = Request(self.base_url + path, data=body, headers=headers, method=method)  # noqa: S310
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310  (http to ourselves)
                return bytes(response.read())
        except HTTPError as error:
            raise ApiError(method, path, error.code, error.read()) from error
        except URLError as error:
            raise ApiError(method, path, 0, str(error.reason).encode()) from error
