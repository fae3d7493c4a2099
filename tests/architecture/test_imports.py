"""Which file may import which: the contracts of pyproject.toml hold."""

from __future__ import annotations

import importlinter.api  # noqa: F401  configures the library
import pytest
from importlinter.application.use_cases import lint_imports


def test_import_contracts_hold(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    kept = lint_imports(config_filename=str(request.config.rootpath / "pyproject.toml"), cache_dir=None)
    assert kept, capsys.readouterr().out
