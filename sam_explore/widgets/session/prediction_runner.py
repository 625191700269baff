"""Encodes a session's picture and predicts for its prompts, in the session's worker."""

import logging
from collections.abc import Callable, Hashable
from time import perf_counter

from ...tracing import Cancelled, between_steps
from .countdown import Countdown, encoder_steps, time_left
from .errors import in_words
from .job_queue import PROMPTS
from .snapshot import ENCODING, Snapshot
from .worker import Worker

_LOG = logging.getLogger(__name__)


Step = Callable[[Snapshot], Snapshot]


class PredictionRunner:
    """Updates `encoded` and `prediction` of a session to its latest state.

    Args:
        now: returns the session's current snapshot.
        change: replaces the current snapshot by the one that a step makes of it.
        worker: the worker that calls it, and whose more urgent jobs run between blocks.
    """

    def __init__(self, now: Callable[[], Snapshot], change: Callable[[Step], None], worker: Worker):
        self._now, self._change, self._worker = now, change, worker
        self._pace: dict[Hashable, float] = {}  # seconds of an encode's steps, by their kind

    def renew(self) -> None:
        """Have the picture encoded again if the model's weights have changed since."""
        source = self._now().source
        if source.is_outdated:
            self._change(lambda now: now.renewed() if now.source is source else now)

    def answer(self) -> None:
        """In the worker: encode the picture if needed, and predict for the prompts."""
        asked = self._now()
        try:
            self.renew()
            asked = self._now()
            if asked.encoded is None and not asked.stopped:
                self._encode(asked)
            asked = self._now()
            if asked.encoded is None or asked.prompts.is_empty:
                return
            prediction = asked.trace.prediction
        except Exception as error:
            _LOG.error("An answer failed: %s", error, exc_info=error)
            words = in_words(error)
            self._change(lambda now: now.with_failure(asked, words))
            return
        self._change(lambda now: now.with_answer(asked, prediction))

    def _encode(self, asked: Snapshot) -> None:
        encoded = None
        try:
            with between_steps(self._between_blocks(asked)):
                encoded = asked.source.run.encoded
        except Cancelled:
            pass
        finally:
            self._change(lambda now: now.with_encoded(asked.source, encoded))

    def _between_blocks(self, asked: Snapshot) -> Callable[[str], None]:
        """The callback before each step of an encode that began with this snapshot."""
        countdown = Countdown(encoder_steps(asked.source.run), self._pace)

        def report(what: str) -> None:
            countdown.end_step(perf_counter())
            self._worker.give_way(PROMPTS)  # to a fetch of another picture or model
            if asked.source is not self._now().source or self._worker.closed:
                raise Cancelled
            left = time_left(countdown.begin_step(what, perf_counter()))
            busy = f"{ENCODING}: {what.removeprefix('Image encoder: ')}{left} …"
            self._change(
                lambda now: now.with_trait("busy", busy) if now.source is asked.source else now
            )

        return report
