"""`medtrail-witness`: witness a log that somebody else runs. One folder, one port, no database server.

    medtrail-witness --name w.regulator.example/1 --log <vkey of the log> --folder /var/lib/witness

Exit status: 0 ended by a signal, 2 the key, the folder, the logs or the port could not be used.
"""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from cheroot.wsgi import Server

from ledger.errors import LedgerError
from ledger.tlog.note import Verifier, parse_vkey
from ledger.tlog.policy import MAX_POLICY, parse_policy
from ledger.witness.cosigning import Witness
from ledger.witness.register import Register
from ledger.witness.server import make_server


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the witness until a signal ends it, and return the exit status."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.Formatter.converter = time.gmtime
    try:
        logs = find_logs(options.log, options.policy)
        register = Register.open(options.folder, options.name)
        witness = Witness(register, logs, clock=lambda: int(time.time()))
        server = make_server(witness, options.host, options.port)
    except (LedgerError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"medtrail-witness: {error}\n")
        return 2
    host, port = server.bind_addr[:2]
    line = f"witness {register.name.partition('/')[0]} {register.verifier.vkey} http://{host}:{port}"
    sys.stdout.write(
        f"{witness.about().body}\nFor the log's policy file, with the address that the log can reach:\n{line}\n"
    )
    sys.stdout.flush()
    serve(server)
    return 0


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog="medtrail-witness",
        description="Cosign the checkpoints of logs that others run (C2SP tlog-witness), each only if it extends the "
        "one before.",
        epilog="On the first run it makes its key. Back up the folder, and never restore an older state of it.",
    )
    environment = os.environ.get
    found.add_argument("--name", help="what the witness is called, such as w.example.org/1; on the first run only")
    found.add_argument("--log", action="append", default=[], metavar="VKEY", help="a log to witness; may stand again")
    found.add_argument("--policy", type=Path, metavar="FILE", help="a tlog-policy file: witness the logs that it names")
    found.add_argument(
        "--folder",
        type=Path,
        default=Path(environment("WITNESS_FOLDER", "witness")),
        help="where key and memory lie (WITNESS_FOLDER)",
    )
    found.add_argument("--host", default="127.0.0.1", help="the address to listen on; 0.0.0.0 is every one")
    found.add_argument("--port", type=int, default=8070, help="0 takes any free port")
    return found


def find_logs(vkeys: Sequence[str], policy: Path | None) -> list[Verifier]:
    """The logs to witness: the vkeys given, and those of the policy file, each once.

    Raises:
        LedgerError: a key or the policy does not parse. OSError: the file cannot be read.
    """
    logs = dict.fromkeys(parse_vkey(one) for one in vkeys)
    if policy is not None:
        with policy.open("rb") as file:
            logs |= dict.fromkeys(parse_policy(file.read(MAX_POLICY + 1).decode()).logs)
    if not logs:
        raise LedgerError("no log to witness: expected --log VKEY or --policy FILE")
    return list(logs)


def serve(server: Server) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered first."""
    ended = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: ended.set())
    thread = threading.Thread(target=server.serve, name="witness", daemon=True)
    thread.start()
    while thread.is_alive() and not ended.wait(1):
        pass
    server.stop()
    thread.join(30)


if __name__ == "__main__":
    sys.exit(main())
