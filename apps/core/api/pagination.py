"""Cursor pagination: stable while rows are added, at most 200 a page."""

from rest_framework.pagination import CursorPagination


class CreatedCursor(CursorPagination):
    """Newest first by key (UUIDv7 keys are in order of time)."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    cursor_query_param = "cursor"
