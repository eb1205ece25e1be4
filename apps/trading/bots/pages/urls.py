"""Addresses of the bot pages."""

from django.urls import path

from apps.trading.bots.pages import home, views

urlpatterns = [
    path("", home.home, name="home"),
    path("bots/", views.bots, name="bots-list"),
    path("bots/new/", views.new, name="bots-new"),
    path("bots/stop-all/", views.stop_all, name="bots-stop-all"),
    path("bots/<uuid:bot_id>/", views.bot, name="bots-detail"),
    path("bots/<uuid:bot_id>/control/", views.control, name="bots-control"),
    path("bots/<uuid:bot_id>/log/", views.log, name="bots-log"),
]
