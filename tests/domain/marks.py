"""The marks by which `test_coverage.py` counts, and the desk checks that they are true.

`with_args`, since pytest takes a mark with one class for the decoration of that class.
"""

from __future__ import annotations

import pytest

from domain.commands import AnyCommand


def covers(*commands: type[AnyCommand]) -> pytest.MarkDecorator:
    """The test has each of these commands recorded."""
    return pytest.mark.covers.with_args(*commands)


def refuses(*commands: type[AnyCommand]) -> pytest.MarkDecorator:
    """The test has each of these commands refused."""
    return pytest.mark.refuses.with_args(*commands)
