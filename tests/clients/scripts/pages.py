"""The code blocks of docs/howto: what a reader copies is what the tests run. Standard library only."""

import re
from pathlib import Path
from typing import Any

HOWTO = Path(__file__).resolve().parents[3] / "docs" / "howto"
HTTP, SOCKETS, CONTROL = "http://127.0.0.1:8310", "ws://127.0.0.1:8310", "http://127.0.0.1:8311"
TOKEN_FILE = "exchange-state/sandbox_token"
_BLOCK = re.compile(r"<!-- block: ([\w-]+) -->\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks() -> dict[str, str]:
    """Return every marked block of every page by its name."""
    found: dict[str, str] = {}
    for page in sorted(HOWTO.glob("*.md")):
        for name, text in _BLOCK.findall(page.read_text()):
            assert name not in found, f"two blocks are called {name}"
            found[name] = text
    return found


def placed(name: str, places: dict[str, str], key: tuple[str, str] | None = None) -> str:
    """Return a block with the pages' addresses replaced by real ones, and a key filled in."""
    text = blocks()[name]
    for written, real in places.items():
        text = text.replace(written, real)
    if key is not None:
        text = text.replace("YOUR-KEY", key[0]).replace("YOUR-SECRET", key[1])
    return text


def follow(places: dict[str, str], *names: str) -> dict[str, Any]:
    """Open an account as the page says, then run the named blocks with its key; returns all names they define."""
    room: dict[str, Any] = {}
    exec(compile(placed("account", places), "block account", "exec"), room)
    key = (room["key"]["api_key"], room["key"]["secret"])
    for name in names:
        exec(compile(placed(name, places, key), f"block {name}", "exec"), room)
    return room
