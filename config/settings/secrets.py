"""Secrets of a machine that nobody configured: made strong on first start, kept in the state folder with mode 0600."""

import os
import secrets
from pathlib import Path


def stored_secret(directory: Path, name: str) -> str:
    """Return the secret kept in `directory/name`, making it when it is not there."""
    path = directory / name
    directory.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        value = secrets.token_urlsafe(48)
        file.write(value)
    return value
