"""Reading algorithms."""

from uuid import UUID

from django.db.models import QuerySet

from apps.trading.orders.algos.choices import AlgoStatus
from apps.trading.orders.algos.errors import AlgoMissing
from apps.trading.orders.algos.models import AlgoOrder
from kernel.instruments.contracts import PERPETUAL


def get_algo(algo_id: UUID, *, owner_id: UUID) -> AlgoOrder:
    """Return an algorithm of a customer, or raise AlgoMissing."""
    found = AlgoOrder.objects.select_related("connection__venue").filter(pk=algo_id, owner_id=owner_id).first()
    if found is None:
        raise AlgoMissing
    return found


def list_algos(owner_id: UUID) -> QuerySet[AlgoOrder]:
    """Return a customer's algorithms, newest first."""
    return AlgoOrder.objects.filter(owner_id=owner_id).select_related("connection__venue").order_by("-id")


def list_going_on() -> list[UUID]:
    """Return the algorithms of this tenant that are not over."""
    return list(AlgoOrder.objects.exclude(status=AlgoStatus.DONE).order_by("id").values_list("pk", flat=True))


def count_contracts_going_on(connection_id: UUID, *, is_hedged: bool) -> int:
    """Return how many algorithms on contracts of a connection are not over, of those made for hedge mode or not."""
    going_on = AlgoOrder.objects.exclude(status=AlgoStatus.DONE)
    going_on = going_on.filter(connection_id=connection_id, symbol__endswith=PERPETUAL)
    return (going_on.exclude(position_side="") if is_hedged else going_on.filter(position_side="")).count()


def exists_going_on() -> bool:
    """Return whether an algorithm of this tenant is not over."""
    return AlgoOrder.objects.exclude(status=AlgoStatus.DONE).exists()
