"""What this server writes about itself: one JSON object a line where LOG_FORMAT is json.

Never sound, never what is known of a voice, and no address unless LOG_ADDRESSES asks for it.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

from webapp.settings import Settings

ADDRESS = re.compile(r"\bip=\S+(?=:\s|$)")  # as gunicorn writes it


def tell(log: logging.Logger, event: str, sentence: str, **fields: object) -> None:
    """Log something that is no fault.

    Parameters
    ----------
    log : Logger
    event : str
        What programs look for.
    sentence : str
        What people read.
    **fields : str, int, float or None
        What goes with it; None is left out.
    """
    if log.isEnabledFor(logging.INFO):
        given = {name: value for name, value in fields.items() if value is not None}
        log.info(sentence, extra={"event": event, "fields": given})


class JsonLines(logging.Formatter):
    """A record as one line of JSON.

    Parameters
    ----------
    addresses : bool
        Whether a client's address may be in it.
    """

    def __init__(self, *, addresses: bool) -> None:
        super().__init__()
        self._addresses = addresses

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: time (UTC), level, event, message, process, what else goes with it."""
        message = record.getMessage()
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "log"),
            "message": message if self._addresses else ADDRESS.sub("ip=-", message),
            "logger": record.name,
            "process": record.process,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure(settings: Settings) -> None:
    """Write JSON to standard error if the settings say so; who logs already keeps their way.

    Otherwise everything stays as Python has it: warnings and worse, for people.
    """
    if settings.log_format != "json":
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(addresses=settings.log_addresses))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("webapp").setLevel(logging.INFO)
