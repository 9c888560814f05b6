"""Delivery: a server sends the messages of its hooks, each hook's in order, one at a time.

A message has arrived when its receiver answers 2xx. Until then it is sent again, after longer and longer, and the hook
waits; after some hours it is given up, which `hooks dead` shows, and the hook goes on. What a hook has got to is
written down after each message: a server that is killed says one message twice at most.

Several servers over one data directory do not all send: one holds the lock, and another takes it when that one ends.
"""

import logging
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import monotonic, time

from api.hooks.hook import Hook
from api.hooks.hook_file import HOOKS_FILE, HookFile, HookRefused, HooksUnreadable
from api.hooks.hook_messages import next_messages
from api.hooks.webhook import CONTENT_TYPE, Message, signed_headers
from api.keys.key_file import now_us
from api.operations.lock_file import locked
from api.outbound.http_exchange import NoAnswer, post
from api.problems import Problem
from api.settings import QUESTION_SECONDS
from ledger import LedgerError, shortened
from projections import Engine, FilterError, TablesUnavailable, Unanswered, UnknownFilter

LOCK_FILE = "hooks.lock"
HOOK_LOOK_S = 0.5
"""How often a server looks whether there is something to send."""
AT_ONCE = 8
"""How many hooks are served at once."""
TURN_S = 5.0
"""After how long a hook makes room for others that wait."""
ARRIVES_S = 15.0
LEDGER_AGAIN_S = 30
"""How long after a question that was not answered it is asked again."""
DELAYS_S = (1, 5, 30, 120, 600, 1800, 3600, 3600, 3600, 3600, 3600)
"""How long after each failure a message is sent again; after the last it is given up."""
ERROR_LENGTH_MAX = 300
logger = logging.getLogger("supply_ledger")


class Delivery:
    """Sends the messages of the hooks in a data directory."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self.file = HookFile(directory / HOOKS_FILE)
        self._engine = engine
        self._lock = directory / LOCK_FILE
        self._ended = threading.Event()
        self._busy: dict[str, Future[None]] = {}
        self._thread = threading.Thread(target=self._run, name="hooks", daemon=True)

    def start(self) -> None:
        """Begin, in threads of its own."""
        self._thread.start()

    def close(self) -> None:
        """End, once the messages that are being sent have arrived or not."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(ARRIVES_S + 1)

    def deliver(self, hook: Hook) -> None:
        """Send the next messages of a hook, up to the first that does not arrive, for some seconds: others wait."""
        failures = hook.failures
        ends_at = monotonic() + TURN_S
        try:
            for message in next_messages(self._engine, self.file, hook, seconds=QUESTION_SECONDS.value()):
                if self._ended.is_set() or not self.file.is_in_turn(hook):
                    return
                error = sent(hook, message)
                if error is None:
                    self.file.was_told(hook, message.place)
                elif failures < len(DELAYS_S):
                    self._failed(hook, error, failures)
                    return
                else:
                    self._give_up(hook, message, error)
                failures = 0
                if monotonic() >= ends_at:
                    return
        except (Problem, FilterError, UnknownFilter, Unanswered, TablesUnavailable, LedgerError) as error:
            # Nothing was sent: the ledger itself cannot say what. It is asked again, for as long as it takes.
            with suppress(HookRefused):
                self.file.waits(hook, _short(f"the ledger: {error}"), next_at=now_us() + LEDGER_AGAIN_S * 1_000_000)
        except HookRefused:  # somebody did something to it meanwhile: what comes next is told in another turn
            return

    def _failed(self, hook: Hook, error: str, failures: int) -> None:
        self.file.failed(hook, _short(error), next_at=now_us() + DELAYS_S[failures] * 1_000_000)

    def _give_up(self, hook: Hook, message: Message, error: str) -> None:
        said = _short(error)
        self.file.gave_up(hook, message.id, before=message.before, place=message.place, error=said)
        logger.warning("hook %s: message %s was given up: %s", hook.name, message.id, said)

    def _run(self) -> None:
        descriptor = None
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hook") as threads:
            while not self._ended.wait(HOOK_LOOK_S):
                try:
                    if not self.file.is_there():
                        continue
                    descriptor = descriptor if descriptor is not None else locked(self._lock)
                    if descriptor is not None:
                        self._look(threads)
                except HooksUnreadable as error:
                    logger.warning("%s", error)
        if descriptor is not None:
            os.close(descriptor)

    def _look(self, threads: ThreadPoolExecutor) -> None:
        self._busy = {name: one for name, one in self._busy.items() if not one.done()}
        now = now_us()
        for hook in self.file.listed():
            if hook.paused is None and hook.next_at <= now and hook.name not in self._busy:
                self._busy[hook.name] = threads.submit(self._deliver, hook)

    def _deliver(self, hook: Hook) -> None:
        try:
            self.deliver(hook)
        except HooksUnreadable as error:
            logger.warning("%s", error)
        except Exception:
            logger.exception("hook %s cannot be served", hook.name)


def sent(hook: Hook, message: Message) -> str | None:
    """Send a message; why it has not arrived, None where it has."""
    headers = signed_headers(message, hook.secret, at_s=int(time()))
    try:
        reply = post(
            hook.url,
            message.body,
            kind=CONTENT_TYPE,
            headers=headers,
            reply_bytes_max=0,
            time_limit_s=ARRIVES_S,
            public_only=not hook.may_be_private,
        )
    except NoAnswer as error:
        return str(error)
    return None if 200 <= reply.status < 300 else f"the receiver answered {reply.status}"


def _short(text: str) -> str:
    return shortened(text, ERROR_LENGTH_MAX)
