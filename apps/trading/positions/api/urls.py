"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.positions.api.contract_views import (
    BookList,
    ContractChoices,
    ContractDetail,
    ContractFunding,
    ContractHedges,
    ContractList,
    ContractModes,
    ContractMoves,
    ContractRequests,
    Corrections,
    ResultList,
)
from apps.trading.positions.api.views import PositionDetail, PositionList

ONE = "contracts/<uuid:account_id>"
urlpatterns = [
    path("positions", PositionList.as_view(), name="api-positions"),
    path("positions/results", ResultList.as_view(), name="api-results"),
    path("positions/corrections", Corrections.as_view(), name="api-corrections"),
    path("positions/<uuid:position_id>", PositionDetail.as_view(), name="api-position"),
    path("books", BookList.as_view(), name="api-books"),
    path("contracts", ContractList.as_view(), name="api-contracts"),
    path(ONE, ContractDetail.as_view(), name="api-contract"),
    path(f"{ONE}/requests", ContractRequests.as_view(), name="api-contract-requests"),
    path(f"{ONE}/moves", ContractMoves.as_view(), name="api-contract-moves"),
    path(f"{ONE}/terms", ContractChoices.as_view(), name="api-contract-terms"),
    path(f"{ONE}/mode", ContractModes.as_view(), name="api-contract-mode"),
    path(f"{ONE}/hedges", ContractHedges.as_view(), name="api-contract-hedges"),
    path(f"{ONE}/funding", ContractFunding.as_view(), name="api-contract-funding"),
]
