"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.instruments.api.views import InstrumentDetail, InstrumentList

urlpatterns = [
    path("instruments", InstrumentList.as_view(), name="api-instruments"),
    path("instruments/<str:symbol>", InstrumentDetail.as_view(), name="api-instrument"),
]
