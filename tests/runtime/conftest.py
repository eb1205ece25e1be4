"""State folders for servers that these tests start themselves."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.runtime import services


def make_state() -> Iterator[dict[str, str]]:
    """Yield an environment with a state folder of its own, and end and delete all in it afterwards.

    Not pytest's own folder: that one is closed, and as root the servers' account must be able to enter. The name has
    a space, because checkouts and homes have some.
    """
    folder = Path(tempfile.mkdtemp(prefix="outcry state "))
    chosen = {name: os.environ[name] for name in ("OUTCRY_POSTGRES_BIN", "OUTCRY_REDIS_BIN") if name in os.environ}
    environ = {**chosen, "OUTCRY_STATE_DIR": str(folder)}
    try:
        yield environ
    finally:
        for profile in services.PROFILES:
            services.stop(profile, environ)
        shutil.rmtree(folder)


@pytest.fixture
def state() -> Iterator[dict[str, str]]:
    """One test's own state folder."""
    yield from make_state()


@pytest.fixture(scope="module")
def shared_state() -> Iterator[dict[str, str]]:
    """A state folder for tests that change nothing in it."""
    yield from make_state()
