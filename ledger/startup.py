"""What a process of this installation looks at before it begins to work."""

import structlog
from django.db import DatabaseError, connection

from ledger.errors import LedgerError
from ledger.usecases.check_log_state import check_log_state

logger = structlog.get_logger(__name__)


def check_at_start() -> str:
    """Check the log and say aloud how it stands; returns "ok" or the code of what is wrong.

    Nothing is refused here: `advance` looks again before each block, and /readyz each few seconds. So a process that
    starts before its database does is no reason for alarm, and what is wrong stops the log whenever it comes.
    """
    try:
        check_log_state()
    except LedgerError as error:
        tell = logger.warning if error.code == "LOG_NOT_OPEN" else logger.critical
        tell("ledger_not_ready", code=error.code, reason=str(error))
        return error.code
    except DatabaseError as error:
        logger.warning("ledger_not_checked", error=type(error).__name__)
        return "DATABASE"
    finally:
        connection.close()  # whoever starts may fork yet
    return "ok"
