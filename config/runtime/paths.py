"""Where the checkout keeps its state, and the small files in it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
DEVELOPMENT = "dev"
TEST = "test"
SYSTEM_TEST = "test-system"


class SetupError(Exception):
    """Something the person at the keyboard can put right; its text is one clear line."""


class AlreadyLockedError(SetupError):
    """Another process of this checkout holds the lock."""


def checkout_key(checkout: Path = CHECKOUT) -> str:
    """Return the 12 hex digits that name this checkout's state folder."""
    return hashlib.sha256(str(checkout).encode()).hexdigest()[:12]


def state_root(environ: Mapping[str, str] = os.environ, *, uid: int | None = None, checkout: Path = CHECKOUT) -> Path:
    """Return the checkout's state folder (not created).

    `OUTCRY_STATE_DIR` wins; root uses the system's state folder, so that the database server's account can
    reach it even when the checkout lies in a closed home; everybody else uses the XDG state folder.
    """
    chosen = environ.get("OUTCRY_STATE_DIR")
    if chosen:
        return Path(chosen).expanduser().resolve()
    if (os.geteuid() if uid is None else uid) == 0:
        return Path("/var/lib/outcry") / checkout_key(checkout)
    home = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "/nonexistent")) / ".local" / "state")
    return Path(home) / "outcry" / checkout_key(checkout)


def state_dir(profile: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the state folder of one profile: the root for development, a folder in it for the others."""
    root = state_root(environ)
    return root if profile == DEVELOPMENT else root / profile


def make_state_dir(path: Path, *, server_gid: int | None) -> None:
    """Create `path` closed to others; the database server's group may pass through it, nothing else.

    Only the folders made here get a mode: existing parents are never changed. Raises SetupError.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        if not missing and path.stat().st_uid != os.geteuid():
            raise SetupError(
                f"the state folder {path} belongs to another user; set OUTCRY_STATE_DIR to a folder of yours"
            )
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            # Folders between the system's state folder and ours hold no file: passing through them is harmless.
            folder.chmod(0o711 if server_gid is not None else 0o700)
        if server_gid is None:
            path.chmod(0o700)
        else:
            os.chown(path, 0, server_gid)
            path.chmod(0o710)
    except OSError as error:
        message = f"cannot use the state folder {path} ({error.strerror}); set OUTCRY_STATE_DIR to a folder of yours"
        raise SetupError(message) from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the object stored at `path`, or {} when there is none or it is not whole."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace `path` in one step, readable by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        json.dump(value, stream, indent=2, sort_keys=True)
        stream.write("\n")
    draft.replace(path)


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold an exclusive lock on the file `path`; with `wait=False` raise AlreadyLockedError when it is taken."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyLockedError(f"{path} is held by another process") from error
        yield
    finally:
        os.close(handle)
