"""Addresses of the pages."""

from django.urls import path

from apps.compliance.limits.pages import views

urlpatterns = [path("account/limits/", views.own_limits, name="limits-own")]
