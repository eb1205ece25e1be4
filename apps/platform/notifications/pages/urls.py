"""Addresses of the pages."""

from django.urls import path

from apps.platform.notifications.pages import views

urlpatterns = [
    path("inbox/", views.inbox, name="notifications-inbox"),
    path("inbox/read-all/", views.read_all, name="notifications-read-all"),
    path("inbox/<uuid:item_id>/", views.open_message, name="notifications-open"),
    path("dev/mailbox/", views.mailbox, name="notifications-mailbox"),
]
