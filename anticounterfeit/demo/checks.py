"""What must hold when the story has been told. Each check asks from outside, as a partner or a stranger would."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command

from anticounterfeit.demo.client import ApiError, Client
from anticounterfeit.demo.story import Story

SEAL_DEADLINE_SECONDS = 60


class CheckFailed(Exception):
    """One thing that should hold and does not."""


class Checks:
    """The checks of one told story; `folder` takes what a person may want to look at afterwards."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        self.public = Client(story.base_url)
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def code_file(self) -> Path:
        return self.folder / "pack.png"

    @property
    def pedigree_file(self) -> Path:
        return self.folder / "pedigree.json"

    @property
    def policy_file(self) -> Path:
        return self.folder / "policy"

    def all(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "The worker has sealed, signed and published every act", self.everything_is_published
        yield "The pack's public page says that it was dispensed, and shows its way", self.page_tells_the_story
        yield "Its QR code is there as PNG and SVG", self.code_is_there
        yield "Its pedigree passes medtrail-verify, offline", self.pedigree_verifies
        yield "A pedigree with one changed byte does not", self.changed_pedigree_fails
        yield "The whole log passes its audit", self.audit_passes

    def everything_is_published(self) -> None:
        deadline = time.monotonic() + SEAL_DEADLINE_SECONDS
        path = f"/ledger/proof/{self.story.memory['last_entry']}"
        while not self._is_there(path):
            if time.monotonic() > deadline:
                raise CheckFailed(f"the last act has no published proof after {SEAL_DEADLINE_SECONDS} s")
            time.sleep(0.2)

    def _is_there(self, path: str) -> bool:
        try:
            self.public.get(path, accept="*/*")
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    def page_tells_the_story(self) -> None:
        path = self.story.pack_url.removeprefix(self.story.base_url)
        answer = json.loads(self.public.get(path))
        expect("verdict", answer["verdict"]["code"], "DISPENSED")
        told = [step["biz_step"] for step in answer["steps"]]
        expect("first and last step", (told[0], told[-1]), ("commissioning", "dispensing"))
        expect("two-sided handoffs", (told.count("shipping"), told.count("receiving")), (2, 2))
        page = self.public.get(path, accept="text/html").decode()
        if self.story.lot_number not in page:
            raise CheckFailed(f"the page {path} does not name lot {self.story.lot_number}")

    def code_is_there(self) -> None:
        png = self.public.get(self.story.path_of_code("png"), accept="image/png")
        svg = self.public.get(self.story.path_of_code("svg"), accept="image/svg+xml")
        expect("PNG signature", png[:8], b"\x89PNG\r\n\x1a\n")
        expect("SVG", b"<svg" in svg, True)
        self.code_file.write_bytes(png)
        self.code_file.with_suffix(".svg").write_bytes(svg)

    def pedigree_verifies(self) -> None:
        answer = json.loads(self.public.get(self.story.pack_url.removeprefix(self.story.base_url)))
        self.pedigree_file.write_bytes(self.public.get(answer["pedigree"].removeprefix(self.story.base_url)))
        self.policy_file.write_bytes(self.public.get("/ledger/policy", accept="*/*"))
        result = self._verify(self.pedigree_file)
        if result.returncode != 0:
            raise CheckFailed(f"medtrail-verify ended with {result.returncode}:\n{result.stdout}{result.stderr}")

    def changed_pedigree_fails(self) -> None:
        changed = self.folder / "pedigree-changed.json"
        pedigree = json.loads(self.pedigree_file.read_text())
        envelope = pedigree["items"][-1]["envelope"]
        middle = len(envelope) // 2
        letter = "A" if envelope[middle] != "A" else "B"
        pedigree["items"][-1]["envelope"] = envelope[:middle] + letter + envelope[middle + 1 :]
        changed.write_text(json.dumps(pedigree))
        result = self._verify(changed)
        changed.unlink()
        if result.returncode != 1:
            raise CheckFailed(f"medtrail-verify ended with {result.returncode}, expected 1:\n{result.stdout}")

    def _verify(self, pedigree: Path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "ledger.verifier", str(pedigree), "--policy", str(self.policy_file)]
        return subprocess.run(  # noqa: S603  (our own interpreter and module)
            command, capture_output=True, text=True, cwd=settings.BASE_DIR, timeout=120, check=False
        )

    def audit_passes(self) -> None:
        output = StringIO()
        try:
            call_command("ledger_audit", stdout=output, stderr=output)
        except (CommandError, SystemExit) as error:
            raise CheckFailed(f"ledger_audit: {error}\n{output.getvalue()}") from error


def expect(what: str, got: object, expected: object) -> None:
    if got != expected:
        raise CheckFailed(f"{what}: got {got!r}, expected {expected!r}")
