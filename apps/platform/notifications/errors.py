"""What can be refused about notifications."""

from apps.core.errors import NotFound


class ItemMissing(NotFound):
    """No such message of this person."""

    code = "notifications.item_missing"
    message = "There is no such message."
