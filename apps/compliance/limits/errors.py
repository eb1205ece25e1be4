"""What can be refused about limits."""

from apps.core.errors import Conflict, Invalid, LimitReached, NotAllowed, NotFound, Unavailable


class AmountTooLarge(LimitReached):
    """The amount alone is above a limit: no waiting makes room for it, so it is not a 429."""

    http_status = 422
    code = "limits.amount_too_large"
    message = "{asked} {unit} is more than your limit of {limit} {unit} {window_words}. Ask for less."


class WindowUsedUp(LimitReached):
    """What was used in the window leaves too little room."""

    code = "limits.window_used_up"
    message = (
        "Your limit is {limit} {unit} {window_words}: {used} used, {left} left."
        " There is room for {asked} {unit} again at {frees_words}."
    )


class TooManyTimes(LimitReached):
    """The number of times in the window is used up."""

    code = "limits.too_many_times"
    message = "Your limit is {limit} {verb_words} {window_words}: {used} used. You can go on at {frees_words}."


class NotForThisTier(NotAllowed):
    """The tier has a limit of nothing."""

    code = "limits.not_for_this_tier"
    message = "{verb_words} of {asset} are not open at your tier ({tier}). Ask support what raises it."


class NoLimitSet(NotAllowed):
    """No row says how much: default deny."""

    code = "limits.no_limit_set"
    message = "{verb_words} of {asset} are closed: no limit is set for your tier ({tier}). Ask support."


class WorthUnknown(Unavailable):
    """The limit is in the reference currency and there is no price."""

    code = "limits.worth_unknown"
    message = "There is no price for {asset}, so it cannot be compared with your limit. Nothing was changed; try later."


class PolicyInvalid(Invalid):
    """A limit is zero or more, with at most 18 decimals, over a window that it knows."""

    code = "limits.policy_invalid"
    message = "{why}"


class KeyUsedOtherwise(Conflict):
    """The same key came for something else."""

    code = "limits.key_used_otherwise"
    message = "This key was used for another movement. Use a new one."


class UseGivenBack(Conflict):
    """The use of this key was given back, so the key cannot use up a limit again."""

    code = "limits.use_given_back"
    message = "This was given back already. Use a new key."


class UseMissing(NotFound):
    """No use with this key."""

    code = "limits.use_missing"
    message = "Nothing was used up under this key."


class OwnTier(NotAllowed):
    """Nobody sets or approves their own tier."""

    code = "limits.own_tier"
    message = "You cannot decide about your own tier."


class SameTier(Conflict):
    """The customer has this tier."""

    code = "limits.same_tier"
    message = "The customer has this tier already."


class NothingToChange(Conflict):
    """The value is what it was."""

    code = "limits.nothing_to_change"
    message = "This is the present value already."


class ChangedSinceAsked(Conflict):
    """Between request and approval somebody changed what the request was about."""

    code = "limits.changed_since_asked"
    message = "This was changed after the request was made. Reject it and ask again."
