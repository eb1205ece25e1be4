"""What can be refused about market data."""

from apps.core.errors import Defect, Invalid


class UnknownInterval(Invalid):
    """Candles of this length cannot be made from what is stored."""

    code = "market_data.unknown_interval"
    message = "There are no candles of “{interval}”. Choose one of {choices}."


class BadRange(Invalid):
    """The start is not before the end."""

    code = "market_data.bad_range"
    message = "The start must be before the end."


class CandlesOffGrid(Invalid):
    """An open time is not a multiple of the interval."""

    code = "market_data.candles_off_grid"
    message = "The candle at {ts} does not open on the {interval} grid."


class FileUnusable(Invalid):
    """A file of candles cannot be read."""

    code = "market_data.file_unusable"
    message = "{path} holds no usable candles: {reason}."


class ChunkBroken(Defect):
    """A stored chunk does not have the checksum it was sealed with."""

    code = "market_data.chunk_broken"
    message = "The candles of {symbol} {interval} from {start_ts} were damaged in the database; restore them."
