"""Choices of positions."""

from django.db.models import TextChoices


class Purpose(TextChoices):
    """Whose trades a book holds."""

    MANUAL = "manual"
    """Orders a person places on a connection: one book for each connection."""
    BOT = "bot"
    """Orders of one bot."""
