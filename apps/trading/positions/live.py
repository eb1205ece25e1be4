"""The personal topic `positions`: each booked fill puts the position's new figures on it, after the commit."""

from typing import Any

from apps.core.live.publishing import publish_to_user_after_commit
from apps.core.live.topics import Identity, Scope, Topic, register_topic
from apps.core.view import level, portion
from apps.trading.positions.models import ContractPosition, MarginAccount, Position
from apps.trading.positions.queries import list_contract_positions, list_contracts, list_positions, value_position

TOPIC = "positions"
MARGIN = "margin"


def register() -> None:
    """Make the topics known."""
    register_topic(Topic(prefix=TOPIC, scope=Scope.USER, snapshot=_snapshot, authorise=lambda _who, _topic: True))
    register_topic(
        Topic(prefix=MARGIN, scope=Scope.USER, snapshot=_margin_snapshot, authorise=lambda _who, _topic: True)
    )


def announce(position: Position) -> None:
    """Publish a position after the commit of the present transaction."""
    publish_to_user_after_commit(TOPIC, position.book.owner_id, lambda: frame(position))


def announce_account(account: MarginAccount) -> None:
    """Publish a contract account after the commit of the present transaction."""
    publish_to_user_after_commit(MARGIN, account.owner_id, lambda: account_frame(account))


def account_frame(account: MarginAccount) -> dict[str, Any]:
    """Return a contract account as the topic carries it; numbers are texts, the ratio is in percent."""
    names = ("wallet", "balance", "unrealised", "initial", "maintenance", "available", "ratio")
    rows = list_contract_positions(account.pk)
    shown = {f"{key_of(row)}_{name}": text for row in rows for name, text in shown_of(row).items()}
    return (
        shown
        | {name: plain(getattr(account, name)) for name in names}
        | {
            "id": str(account.pk),
            "asset": account.asset,
            "state": account.state,
            "at": account.read_at.isoformat() if account.read_at else "",
            "positions": [
                {
                    "symbol": row.symbol,
                    "position_side": row.position_side,
                    "quantity": plain(row.quantity),
                    "mark": plain(row.mark),
                    "unrealised": plain(row.unrealised),
                    "liquidation": plain(row.liquidation),
                }
                for row in rows
            ],
        }
    )


def key_of(row: ContractPosition) -> str:
    """Return what the fields of a contract begin with on the page and in the frame."""
    return f"{row.symbol}{row.position_side}"


def shown_of(row: ContractPosition) -> dict[str, str]:
    """Return the figures of a contract that a page keeps up to date: amounts as texts, the others ready to show."""
    return {
        "mark": plain(row.mark),
        "unrealised": plain(row.unrealised),
        "liquidation": "none" if row.liquidation is None else level(row.liquidation).text,
        "ratio": portion(row.ratio, 2).text,
    }


def frame(position: Position) -> dict[str, Any]:
    """Return a position as the topic carries it; numbers are texts."""
    value = value_position(position)
    return {
        "id": str(position.pk),
        "book_id": str(position.book_id),
        "symbol": position.symbol,
        "quantity": plain(position.quantity),
        "entry": plain(value.entry),
        "mark": plain(value.mark.price if value.mark else None),
        "mark_at": value.mark.at.isoformat() if value.mark else "",
        "unrealised": plain(value.unrealised),
        "percent": plain(value.percent),
        "realised": plain(position.realised_average),
        "fees": plain(position.fees),
        "net": plain(value.net),
    }


def plain(amount: Any) -> str:
    """Return an amount as text without trailing zeros, "" for None."""
    return "" if amount is None else f"{amount.normalize():f}"


def _margin_snapshot(identity: Identity, _topic: str) -> dict[str, Any]:
    return {"rows": [account_frame(row) for row in list_contracts(identity.user_id)[:20]]}


def _snapshot(identity: Identity, _topic: str) -> dict[str, Any]:
    return {"rows": [frame(row) for row in list_positions(identity.user_id, is_open=True)[:100]]}
