"""Tables of authentication."""

from apps.platform.authentication.models.api_keys import ApiKey
from apps.platform.authentication.models.devices import AllauthDevice, KnownDevice

__all__ = ["AllauthDevice", "ApiKey", "KnownDevice"]
