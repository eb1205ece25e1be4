"""What can be refused about portfolios."""

from apps.core.errors import Conflict, Invalid, LimitReached, NotAllowed, NotFound, Unavailable


class PortfolioMissing(NotFound):
    """The person has no such portfolio."""

    code = "portfolios.not_found"
    message = "You have no such portfolio. It may belong to somebody else."


class PortfolioNameTaken(Conflict):
    """The person has a portfolio of this name."""

    code = "portfolios.name_taken"
    message = "You have a portfolio “{name}” already."


class PortfolioNameInvalid(Invalid):
    """A name is empty, too long, or has signs that cannot be shown."""

    code = "portfolios.name_invalid"
    message = "Write a name of 1 to {most} signs."


class TooManyPortfolios(LimitReached):
    """The person keeps as many as are allowed."""

    code = "portfolios.too_many"
    message = "You may keep {most} {what}. Archive or remove what you no longer use."


class ModesMixed(Invalid):
    """Paper and live books never stand in one portfolio."""

    code = "portfolios.modes_mixed"
    message = "This portfolio is for {mode} money only; the book is not."


class DefaultIsFixed(NotAllowed):
    """The portfolio of everything follows the books by itself."""

    code = "portfolios.default_is_fixed"
    message = "This portfolio holds every book of its kind by itself and cannot be changed in that way."


class PriceMissing(Unavailable):
    """Something cannot be valued right now, so that the result would be wrong."""

    code = "portfolios.price_missing"
    message = "No price is known for {assets}. Try again once there is one."


class AmountInvalid(Invalid):
    """An amount is not a positive number of at most 18 decimals."""

    code = "portfolios.amount_invalid"
    message = "Write an amount above zero with at most 18 decimals."


class AssetUnknown(Invalid):
    """There is no such asset."""

    code = "portfolios.asset_unknown"
    message = "There is no asset “{asset}”."


class BenchmarkInvalid(Invalid):
    """A benchmark must be a market with candles, or another portfolio."""

    code = "portfolios.benchmark_invalid"
    message = "This cannot be compared with: {why}."


class ZoneUnknown(Invalid):
    """There is no such time zone."""

    code = "portfolios.zone_unknown"
    message = "There is no time zone “{zone}”. Choose one such as Europe/Berlin."


class PeriodInvalid(Invalid):
    """A day or month cannot be read or lies outside what the calendar shows."""

    code = "portfolios.period_invalid"
    message = "Write a month as 2026-03 or a day as 2026-03-29, between 2000 and 2100."


class EntryMissing(NotFound):
    """The person has no such note."""

    code = "portfolios.entry_not_found"
    message = "You have no such note. It may belong to somebody else."


class SubjectMissing(NotFound):
    """What a note should be about is not there."""

    code = "portfolios.subject_not_found"
    message = "You have no such trade or position."


class TextInvalid(Invalid):
    """A title or text is empty, too long, or has signs that cannot be kept."""

    code = "portfolios.text_invalid"
    message = "A note needs a title of 1 to 120 signs; its text may have 20,000."


class TagsInvalid(Invalid):
    """Tags are too many, too long, or have odd signs."""

    code = "portfolios.tags_invalid"
    message = "Write at most {most} tags of 1 to 30 letters, digits, dashes or underscores each."


class PictureRefused(Invalid):
    """The bytes are no picture of a kind that is kept, or too many."""

    code = "portfolios.picture_refused"
    message = "This picture cannot be kept: {why}."


class TargetsInvalid(Invalid):
    """Target weights cannot be kept."""

    code = "portfolios.targets_invalid"
    message = "These weights cannot be kept: {why}."


class PlanMissing(NotFound):
    """The person has no such rebalancing."""

    code = "portfolios.plan_not_found"
    message = "You have no such rebalancing."


class PlanImpossible(Conflict):
    """A rebalancing cannot be worked out or started."""

    code = "portfolios.plan_impossible"
    message = "This cannot be rebalanced: {why}."


class ScheduleInvalid(Invalid):
    """A schedule that cannot be kept."""

    code = "portfolios.schedule_invalid"
    message = "This schedule cannot be kept: {why}."


class ScheduleMissing(NotFound):
    """The portfolio has no schedule."""

    code = "portfolios.schedule_not_found"
    message = "This portfolio is not rebalanced by schedule."


class LiveNeedsCode(NotAllowed):
    """Live orders by schedule without a fresh second factor."""

    code = "portfolios.live_needs_code"
    message = "Orders with real money by schedule are confirmed with your second factor."


class AlertInvalid(Invalid):
    """An alert on results that says nothing clear."""

    code = "portfolios.alert_invalid"
    message = "This alert cannot be kept: {why}."


class AlertMissing(NotFound):
    """The person has no such alert."""

    code = "portfolios.alert_not_found"
    message = "You have no such alert."


class AlertExists(Conflict):
    """The same alert is there."""

    code = "portfolios.alert_exists"
    message = "You have this alert already."


class WebhookMissing(NotFound):
    """The person has no webhook."""

    code = "portfolios.webhook_not_found"
    message = "No address is set."


class WebhookInvalid(Invalid):
    """An address that cannot be kept."""

    code = "portfolios.webhook_invalid"
    message = "An address has at most {most} characters, without accents."
