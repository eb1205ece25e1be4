"""Addresses of the API."""

from django.urls import path

from apps.platform.notifications.api import views

urlpatterns = [
    path("inbox", views.InboxView.as_view(), name="notifications-api-inbox"),
    path("inbox/unread", views.UnreadView.as_view(), name="notifications-api-unread"),
    path("inbox/read-all", views.ReadAllView.as_view(), name="notifications-api-read-all"),
    path("inbox/<uuid:item_id>/read", views.ReadView.as_view(), name="notifications-api-read"),
]
