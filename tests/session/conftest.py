"""Lets a module's tests run on every backend: ``pytestmark = pytest.mark.usefixtures("on_every_backend")``."""

from __future__ import annotations

import pytest

from tests.session.play import play_live


@pytest.fixture(params=["sim", pytest.param("qsd", marks=pytest.mark.live)])
def on_every_backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a real QEMU behind the module's `play`, the second time."""
    if request.param != "sim":
        monkeypatch.setattr(request.module, "play", play_live)
