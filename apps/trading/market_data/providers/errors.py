"""What can go wrong with a provider of prices."""

from apps.core.errors import Invalid, LimitReached, Unavailable


class ProviderUnknown(Invalid):
    """There is no such provider."""

    code = "market_data.provider_unknown"
    message = "There is no price provider “{provider}”. Choose one of {choices}."


class ProviderOff(Unavailable):
    """The provider is there, but not set up."""

    code = "market_data.provider_off"
    message = "{provider} is not set up: {what}. Candles can also be imported from a file."


class ProviderQuotaSpent(LimitReached):
    """What the provider allows for now is used up; nothing was asked."""

    code = "market_data.provider_quota_spent"
    message = "{provider} allows {most} requests a {span}, and they are used. It goes on in {seconds} seconds."


class ProviderRefused(Invalid):
    """The provider does not give what was asked for."""

    code = "market_data.provider_refused"
    message = "{provider} refused: {why}."


class ProviderFailed(Unavailable):
    """The provider gave no answer that can be used."""

    code = "market_data.provider_failed"
    message = "{provider} gave no usable answer: {why}. Nothing was stored."
