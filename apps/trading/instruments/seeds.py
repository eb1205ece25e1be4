"""First rows of the demo: a list and an alert of the demo's customer."""

from apps.core.actors import Actor
from apps.core.seeding import SeedTenant, seeds_tenant
from apps.trading.instruments.operations import AlertWish, add_symbol, create_alert, create_watchlist
from apps.trading.instruments.queries import list_alerts, list_instruments, list_watchlists


@seeds_tenant("instruments.watching", order=320)
def watching(tenant: SeedTenant) -> None:
    """Give the demo's customer a watchlist of the first markets and an alert that seldom fires."""
    person = tenant.people.get("maya") if tenant.demo else None
    symbols = [row.symbol for row in list_instruments()[:3]]
    if person is None or not symbols:
        return
    actor = Actor.of(person)
    if not list_watchlists(person.pk).exists():
        made = create_watchlist(actor=actor, owner_id=person.pk, name=tenant.text("Majors"))
        for symbol in symbols:
            add_symbol(actor=actor, owner_id=person.pk, watchlist_id=made.pk, symbol=symbol)
    if not list_alerts(person.pk).exists():
        condition = {
            "kind": "gt",
            "left": {"kind": "price", "field": "change_percent"},
            "right": {"kind": "constant", "value": "12"},
        }
        wish = AlertWish(symbol=symbols[0], name=tenant.text("A day of +12 %"), condition=condition)
        create_alert(actor=actor, owner_id=person.pk, wish=wish)
