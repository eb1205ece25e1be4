"""What can be refused about market data."""

from apps.core.errors import Conflict, Defect, Invalid, NotFound, Unavailable


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


class BadFile(FileUnusable):
    """A line of an imported file cannot be taken; nothing of the file is stored."""

    code = "market_data.bad_file"
    message = "{path}, line {line}, column “{column}”: {reason}."


class SyncMissing(NotFound):
    """No historical sync has this id."""

    code = "market_data.sync_missing"
    message = "There is no such sync."


class SyncOpen(Conflict):
    """The series is being synced already."""

    code = "market_data.sync_open"
    message = "{symbol} {interval} of {venue} is being synced already. Wait for it or cancel it."


class SyncOver(Conflict):
    """The sync has ended."""

    code = "market_data.sync_over"
    message = "This sync has ended and cannot be cancelled."


class HistoryUnavailable(Unavailable):
    """The venue did not give candles."""

    code = "market_data.history_unavailable"
    message = "{venue} did not answer: {reason}. It is tried again."


class HistoryRefused(Invalid):
    """The venue has no such candles."""

    code = "market_data.history_refused"
    message = "{venue} cannot give these candles: {reason}."


class HeldCandleMissing(NotFound):
    """No candle of the quarantine has this id."""

    code = "market_data.held_candle_missing"
    message = "There is no such candle in quarantine."


class AlreadyDecided(Conflict):
    """The candle was released or discarded before."""

    code = "market_data.already_decided"
    message = "This candle is not held any more."


class ExportTooLarge(Invalid):
    """The range holds more candles than one file may have."""

    code = "market_data.export_too_large"
    message = "That are more than {limit} candles. Choose a shorter range or a longer interval."


class BadAction(Invalid):
    """A split or dividend does not make sense."""

    code = "market_data.bad_action"
    message = "{reason}"


class VersionMissing(NotFound):
    """No adjustment of this symbol has this version."""

    code = "market_data.version_missing"
    message = "There is no version {version} of the factors of {symbol}."
