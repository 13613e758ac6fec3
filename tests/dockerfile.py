"""Carries out a Dockerfile's stages without an engine: the same commands, each absolute path moved under a folder.

It knows what our Dockerfile uses and refuses the rest aloud. Commands that need a system of their own (accounts,
packages of the distribution) are told apart by their first word and left out.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

NEEDS_A_SYSTEM = ("useradd", "groupadd", "apt-get", "apk")
KNOWN = {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}
MOVED = re.compile(r"(?<![\w./$])/(?=opt/|tmp/|var/lib/)")


@dataclass(frozen=True)
class Instruction:
    word: str
    rest: str


@dataclass
class Stage:
    """One FROM with what follows it."""

    name: str
    image: str
    instructions: list[Instruction] = field(default_factory=list)

    def command(self) -> list[str]:
        """The CMD in its JSON form."""
        return list(json.loads(next(one.rest for one in self.instructions if one.word == "CMD")))


def parse_dockerfile(text: str) -> list[Stage]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    stages: list[Stage] = []
    for line in filter(str.strip, joined.splitlines()):
        word, _, rest = line.strip().partition(" ")
        if word not in KNOWN:
            raise ValueError(f"Dockerfile: {word!r}: expected one of {', '.join(sorted(KNOWN))}")
        if word == "FROM":
            image, _, name = rest.partition(" AS ")
            stages.append(Stage(name or str(len(stages)), image))
        else:
            stages[-1].instructions.append(Instruction(word, rest.strip()))
    return stages


class Builder:
    """Builds one stage under `folder`, from the files that .dockerignore lets into the build context."""

    def __init__(self, folder: Path, context: Path) -> None:
        self.folder = folder
        self.context = context
        self.workdir = folder
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            # How this machine reaches its package index: variables, or a file in the home folder.
            **{
                name: value for name, value in os.environ.items() if name.startswith(("HOME", "PIP_", "SSL_", "HTTPS_"))
            },
        }
        self.ran: list[str] = []

    def move(self, text: str) -> str:
        """`text` with every absolute path of the image put under the folder."""
        return MOVED.sub(f"{self.folder}/", text)

    def build(self, stage: Stage) -> None:
        for one in stage.instructions:
            match one.word:
                case "ENV":
                    for name, value in re.findall(r"(\w+)=(\S+)", one.rest):
                        self.environment[name] = self.move(value).replace("$PATH", self.environment["PATH"])
                case "WORKDIR":
                    self.workdir = Path(self.move(one.rest))
                    self.workdir.mkdir(parents=True, exist_ok=True)
                case "COPY":
                    self.copy(*one.rest.split())
                case "RUN" if not one.rest.startswith(NEEDS_A_SYSTEM):
                    self.run(self.move(one.rest))

    def copy(self, source: str, target: str) -> None:
        for path in self.context_files():
            if source in (".", str(path)):
                to = self.workdir / target / path
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.context / path, to)

    def context_files(self) -> list[Path]:
        """What the .dockerignore (everything out, then some in) leaves, relative to the context."""
        lines = (self.context / ".dockerignore").read_text().splitlines()
        let_in = [line[1:] for line in lines if line.startswith("!")]
        found: list[Path] = []
        for name in let_in:
            path = self.context / name
            found += [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]
        return [path.relative_to(self.context) for path in found if "__pycache__" not in path.parts]

    def run(self, command: str, *, seconds: float = 600) -> str:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.workdir,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert done.returncode == 0, f"RUN {command}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        self.ran.append(command)
        return done.stdout
