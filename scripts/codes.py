"""The codes that the API and the command line tell beside the refusals of commands, read off the places that tell them.

A code stands in the source as the `code` of a class, whose docstring says what it means, or beside a message where a
Problem, a Fault or a CommandFault is made. Never here: a code of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.commandline.faults import IN_THEIR_OWN_WORDS

ROOT = Path(__file__).resolve().parent.parent
TOLD_BY = {
    "Problem": (1, 2),
    "EvidenceRefused": (0, 1),
    "ReplayRefused": (0, 1),
    "CommandFault": (1, 0),
    "Fault": (1, 0),
}
"""Which arguments are the code and the message of what is made."""


def codes_of_api() -> dict[str, str]:
    """The codes of problems, each with a sentence."""
    return _codes("api")


def codes_of_command_line() -> dict[str, str]:
    """The codes of faults, each with a sentence: those of the ledger's, too, which the command line tells."""
    table = {code: _sentence(kind.__doc__) for kind, (code, _) in IN_THEIR_OWN_WORDS.items()}
    return dict(sorted((_codes("domain/ledger", "projections", "scripts/commandline") | table).items()))


def _codes(*folders: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        named = [node for node in nodes if isinstance(node, ast.Assign)]
        for node in nodes:
            for code, sentence in _told(node, named):
                said = any(letter.isalpha() for letter in sentence)
                found[code] = found.get(code) or (sentence if said else "")
    return dict(sorted(found.items()))


def _told(node: ast.AST, named: Sequence[ast.Assign]) -> Iterator[tuple[str, str]]:
    match node:
        case ast.ClassDef(body=body):
            for line in body:
                match line:
                    case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                        yield code, _sentence(ast.get_docstring(node))
        case ast.Call(func=ast.Name(id=name), args=args) if name in TOLD_BY:
            of_code, of_message = TOLD_BY[name]
            match args[of_code : of_code + 1]:
                case [ast.Constant(value=str(code))]:
                    yield code, _words(args[of_message], named)
        case (
            ast.FunctionDef(args=ast.arguments(kwonlyargs=names, kw_defaults=defaults))
            | ast.AsyncFunctionDef(args=ast.arguments(kwonlyargs=names, kw_defaults=defaults))
        ):
            for argument, default in zip(names, defaults, strict=True):
                match argument.arg, default:
                    case "code", ast.Constant(value=str(code)):
                        yield code, _sentence(ast.get_docstring(node))
        case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
            yield code, ""


def _words(message: ast.expr, named: Sequence[ast.Assign]) -> str:
    """The message, with … for what is known only when it is told; of a name what was last given to it above."""
    match message:
        case ast.Constant(value=str(words)):
            return words
        case ast.JoinedStr(values=parts):
            words = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
            return re.sub(r"`([^`]*…[^`]*)`", r"\1", words)  # with a part left out it is nothing to be typed
        case ast.Name(id=name):
            given = [one for one in named if _is_of(one, name) and one.lineno < message.lineno]
            return _words(max(given, key=lambda one: one.lineno).value, named) if given else ""
        case _:
            return ""


def _is_of(assignment: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in assignment.targets)


def _sentence(docstring: str | None) -> str:
    return " ".join((docstring or "").split("\n\n")[0].split())
