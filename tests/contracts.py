"""The platforms' own descriptions, where they are at hand: in `../shared/contracts`, or where CONTRACTS_DIR says."""

import importlib.util
import os
import warnings
from pathlib import Path
from types import ModuleType


def contract(name: str) -> ModuleType | None:
    """The module of that name; None where it is not at hand, and then nothing is checked."""
    folder = Path(os.environ.get("CONTRACTS_DIR") or Path(__file__).parents[2] / "shared" / "contracts")
    path = folder / f"{name}.py"
    if not path.exists():
        return None
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings(action="ignore"):  # the modules leave their documents open
        spec.loader.exec_module(module)
    return module
