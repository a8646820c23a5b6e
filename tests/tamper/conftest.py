"""A sealed register to tamper with, one for all the tests here: it is put back after every trial."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from domain.ledger.migrate import create_register, schema_of
from scripts.tampering.scratch import Scratch, scratch_register


@pytest.fixture(scope="session")
def scratch(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    """The register, its auditor, and a superuser."""
    name = f"tamper-{os.getpid()}"
    create_register(postgres, name)
    folder: Path = tmp_path_factory.mktemp("tamper")
    with scratch_register(postgres, name, folder) as scratch:
        yield scratch
    with psycopg.connect(postgres) as connection:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema_of(name))))
