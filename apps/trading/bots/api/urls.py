"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.bots.api.lists import BotEquityList, BotLogList, BotSignalList
from apps.trading.bots.api.views import (
    BotArchive,
    BotClone,
    BotDetail,
    BotList,
    BotPause,
    BotResume,
    BotStart,
    BotStop,
    BotStopAll,
)

urlpatterns = [
    path("bots", BotList.as_view(), name="api-bots"),
    path("bots/stop-all", BotStopAll.as_view(), name="api-bots-stop-all"),
    path("bots/<uuid:bot_id>", BotDetail.as_view(), name="api-bot"),
    path("bots/<uuid:bot_id>/start", BotStart.as_view(), name="api-bot-start"),
    path("bots/<uuid:bot_id>/pause", BotPause.as_view(), name="api-bot-pause"),
    path("bots/<uuid:bot_id>/resume", BotResume.as_view(), name="api-bot-resume"),
    path("bots/<uuid:bot_id>/stop", BotStop.as_view(), name="api-bot-stop"),
    path("bots/<uuid:bot_id>/archive", BotArchive.as_view(), name="api-bot-archive"),
    path("bots/<uuid:bot_id>/clone", BotClone.as_view(), name="api-bot-clone"),
    path("bots/<uuid:bot_id>/log", BotLogList.as_view(), name="api-bot-log"),
    path("bots/<uuid:bot_id>/signals", BotSignalList.as_view(), name="api-bot-signals"),
    path("bots/<uuid:bot_id>/equity", BotEquityList.as_view(), name="api-bot-equity"),
]
