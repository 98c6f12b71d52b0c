"""Lets a module's tests run on every backend: ``pytestmark = pytest.mark.usefixtures("on_every_backend")``."""

from __future__ import annotations

from functools import partial

import pytest

from tests.session.play import play, play_live

VERSIONS = {"sim:7.2": (7, 2), "sim:10.0": (10, 0), "sim:11.1": (11, 1)}


@pytest.fixture(params=[*VERSIONS, pytest.param("qsd", marks=pytest.mark.live)])
def on_every_backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts every version of the simulator behind the module's `play`, and then a real QEMU."""
    version = VERSIONS.get(request.param)
    run = play_live if version is None else partial(play, version=version)
    monkeypatch.setattr(request.module, "play", run)
