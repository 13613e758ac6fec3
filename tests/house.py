"""What test_architecture.py measures the tree with: lists of files, sizes, and what a pure room must not do."""

import ast
import os
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("anticounterfeit", "supplychain", "ledger")
NOT_THE_TREE = {".git", ".venv", "var", "node_modules", "__pycache__", "test-results", "build", "dist"}

# Clock, dice, environment, disk. Those that have a module of their own are forbidden imports in pyproject.toml.
IMPURE_ATTRIBUTES = {
    *("now", "utcnow", "today", "fromtimestamp", "localtime", "gmtime"),
    *("time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"),
    *("uuid1", "uuid4", "urandom", "environ", "getenv", "generate_private_key"),
    *("read_text", "read_bytes", "write_text", "write_bytes"),
}
IMPURE_NAMES = {"open", "print", "input", "exec", "eval", "__import__"}
# Import contracts see whole packages only, and urllib.parse is pure.
IMPURE_MODULES = {"urllib.request"}
IMPURE_PAIRS = {("time", "time"), ("os", "open"), ("io", "open")}


def tree() -> list[Path]:
    """Every file that is part of the project: what git tracks or would track. A tree without git is walked instead."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        return list(walk())
    if done.returncode != 0:
        return list(walk())
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def walk() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_THE_TREE and not name.endswith("_cache")]
        yield from (Path(folder) / name for name in names)


def sources() -> list[Path]:
    """The Python files that people write: no migrations."""
    return [path for path in tree() if path.suffix == ".py" and path.parent.name != "migrations"]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def configuration() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def pure_modules() -> list[str]:
    """The rooms marked PURE in the design, as the import contract in pyproject.toml lists them."""
    contracts = configuration()["tool"]["importlinter"]["contracts"]  # type: ignore[index]
    return list(next(one["source_modules"] for one in contracts if one["id"] == "pure"))


def pure_files() -> list[Path]:
    found: list[Path] = []
    for module in pure_modules():
        path = ROOT / module.replace(".", "/")
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    return found


def long_functions(source: str, *, most: int) -> list[tuple[str, int]]:
    """Names and lengths of functions with more than `most` lines. The docstring does not count: it should be long."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            first = node.body[0]
            if ast.get_docstring(node, clean=False) is not None:
                length -= (first.end_lineno or first.lineno) - first.lineno + 1
            if length > most:
                found.append((node.name, length))
    return found


def impurities(source: str) -> list[str]:
    """Uses of the clock, dice, environment or disk in `source`, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in IMPURE_ATTRIBUTES or (owner, node.attr) in IMPURE_PAIRS:
                found.append(f"line {node.lineno}: .{node.attr}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_NAMES:
            found.append(f"line {node.lineno}: {node.func.id}()")
        elif isinstance(node, ast.Import):
            found += [f"line {node.lineno}: import {one.name}" for one in node.names if one.name in IMPURE_MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module in IMPURE_MODULES:
            found.append(f"line {node.lineno}: from {node.module}")
        elif isinstance(node, ast.ImportFrom):
            # `from time import time` would hide the owner from the check above.
            taken = {alias.name for alias in node.names}
            bad = (taken & IMPURE_ATTRIBUTES) | {name for name in taken if (node.module, name) in IMPURE_PAIRS}
            found += [f"line {node.lineno}: from {node.module} import {name}" for name in sorted(bad)]
    return found


def variables_read(source: str) -> set[str]:
    """The environment variables that a settings module asks for: env.str("NAME"), number("NAME"), …"""
    readers = {"str", "list", "int", "bool", "choice", "number", "flag", "url", "secret"}
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        value = node.args[0].value
        if name in readers and isinstance(value, str) and value.isupper():
            found.add(value)
    return found
