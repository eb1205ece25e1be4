"""The processes of the product, declared once: `up` runs the development list, compose.yaml the production list."""

from __future__ import annotations

import enum
import importlib.util
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

DEVELOPMENT_POOL = 3
PRODUCTION_POOL = 4
FULL_RING = "keyring.json"
WEB_RING = "keyring-web.json"
COMPILED = "compiled"


class Role(enum.StrEnum):
    """What a process is; settings read it from `OUTCRY_PROCESS`."""

    WEB = "web"
    """Serves pages, the API and sockets."""
    WORKER = "worker"
    """Runs Celery tasks as the application role."""
    OWNER = "owner"
    """Runs tasks and commands that change schemas, as the database's owner."""
    FEED = "feed"
    """Publishes market data."""
    ACCOUNTS = "accounts"
    """Reads customers' private exchange streams."""
    SANDBOX = "sandbox"
    """Is the sandbox exchange."""
    BEAT = "beat"
    """Sends the periodic tasks."""


class Queue(enum.StrEnum):
    """The Celery queues; a worker names those it serves."""

    TRADING = "trading"
    """Bot steps and orders: short, and the only tasks that may open exchange keys."""
    DEFAULT = "default"
    """Everything that fits nowhere else."""
    MAIL = "mail"
    """Outgoing mail."""
    HEAVY = "heavy"
    """Back-tests and reports that take seconds to minutes."""
    OWNER = "owner"
    """Provisioning, migration and purge, with the owner's database role."""


CUSTOMER_QUEUES = (Queue.TRADING, Queue.DEFAULT, Queue.MAIL, Queue.HEAVY)


@dataclass(frozen=True)
class Process:
    """One process: `arguments` follow the interpreter; `{host}` and `{port}` are filled in when it starts.

    `owner` gives it the owner's database URL, `key_ring` the ring that opens exchange keys (the others get the ring
    without those).
    """

    name: str
    role: Role
    arguments: tuple[str, ...]
    queues: tuple[Queue, ...] = ()
    owner: bool = False
    key_ring: bool = False

    def command(self, python: str, *, host: str, port: int) -> list[str]:
        """Return the command line for `python`."""
        return [python, *(part.format(host=host, port=port) for part in self.arguments)]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return `base` (with OUTCRY_STATE_DIR) cut to what this process may know, with its own settings added."""
        kept = with_compiled_cache(base)
        if not self.owner:
            kept.pop("DATABASE_OWNER_URL", None)
        own = {"OUTCRY_PROCESS": self.role.value, "NUMBA_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        ring = FULL_RING if self.key_ring else WEB_RING
        return {**kept, **own, "OUTCRY_KEY_RING": str(Path(base["OUTCRY_STATE_DIR"]) / ring)}


def with_compiled_cache(base: Mapping[str, str]) -> dict[str, str]:
    """Return `base`, with the compiled Python files in the state folder when they may not lie beside the sources.

    Some containers forbid writing byte code (PYTHONDONTWRITEBYTECODE). Then each process would compile all libraries
    for itself, at every start; ccxt alone takes seconds. numba's cache is in the state folder anyway (settings).
    """
    kept = dict(base)
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept.setdefault("PYTHONPYCACHEPREFIX", str(Path(base["OUTCRY_STATE_DIR"]) / COMPILED))
    return kept


def use_compiled_cache(environ: MutableMapping[str, str], state: Path) -> None:
    """Let this process, too, and all it starts keep compiled files in the state folder where it is needed.

    Libraries that were compiled when they were installed (the image) need no folder of ours.
    """
    if not environ.get("PYTHONDONTWRITEBYTECODE"):
        return
    library = importlib.util.find_spec("django")
    if library is None or library.origin is None or Path(importlib.util.cache_from_source(library.origin)).exists():
        return
    del environ["PYTHONDONTWRITEBYTECODE"]
    prefix = environ.setdefault("PYTHONPYCACHEPREFIX", str(state / COMPILED))
    sys.pycache_prefix, sys.dont_write_bytecode = prefix, False


def manage(name: str, role: Role, command: str, *, key_ring: bool = False) -> Process:
    """Return a process that is a Django command."""
    return Process(name, role, ("manage.py", command), key_ring=key_ring)


def worker(name: str, queues: tuple[Queue, ...], *, pool: int, beat: bool = False) -> Process:
    """Return a Celery worker for `queues` with `pool` children; `beat` puts the scheduler inside (development only)."""
    listed = ",".join(queue.value for queue in queues)
    options = ["--queues", listed, "--concurrency", str(pool), "--prefetch-multiplier", "1"]
    quiet = ["--without-gossip", "--without-mingle", "--hostname", f"{name}@%h", "--loglevel", "INFO"]
    arguments = (*CELERY, "worker", *options, *quiet, *(["--beat"] if beat else []))
    owner = queues == (Queue.OWNER,)
    role = Role.OWNER if owner else Role.WORKER
    return Process(name, role, arguments, queues=queues, owner=owner, key_ring=Queue.TRADING in queues)


CELERY = ("-m", "celery", "--quiet", "--app", "config.celery")
UVICORN = ("-m", "uvicorn", "config.asgi:application", "--host", "{host}", "--port", "{port}")
# Open sockets never end by themselves, so a stop waits for them only this long.
QUICK_STOP = ("--timeout-graceful-shutdown", "5")

WEB = Process("web", Role.WEB, (*UVICORN, "--lifespan", "off", "--no-access-log", *QUICK_STOP))
FEED = manage("feed", Role.FEED, "stream_market_data")
ACCOUNTS = manage("accounts", Role.ACCOUNTS, "stream_accounts", key_ring=True)
SANDBOX = manage("sandbox", Role.SANDBOX, "sandbox_exchange")
OWNER_WORKER = worker("owner", (Queue.OWNER,), pool=1)
BEAT = Process("beat", Role.BEAT, (*CELERY, "beat", "--loglevel", "INFO"))

# The sandbox exchange comes first: the others reconnect to it until it answers.
DEVELOPMENT = (
    SANDBOX,
    WEB,
    worker("worker", CUSTOMER_QUEUES, pool=DEVELOPMENT_POOL, beat=True),
    OWNER_WORKER,
    FEED,
    ACCOUNTS,
)
PRODUCTION = (
    SANDBOX,
    WEB,
    *(worker(f"worker-{queue.value}", (queue,), pool=PRODUCTION_POOL) for queue in CUSTOMER_QUEUES),
    OWNER_WORKER,
    BEAT,
    FEED,
    ACCOUNTS,
)
# Run to its end before the others, by `up` and by the job `migrate` in compose.yaml.
BOOTSTRAP = Process("bootstrap", Role.OWNER, ("manage.py", "bootstrap"), owner=True, key_ring=True)
