"""What a session computes: its traces, and in its worker the answer to the latest state."""

import logging
import threading
from collections.abc import Callable, Hashable
from functools import wraps
from time import perf_counter

from ..prediction import EncodedImage
from ..tracing import Cancelled, Trace, between_steps
from ..tracing.interventions import Intervention
from .progress import Countdown, encoder_steps, time_left
from .state import State
from .worker import EXPLORERS, PROMPTS, Job, Worker, is_document_built

ENCODING = "Encoding the picture"

_LOG = logging.getLogger(__name__)


class Answering(State):
    """A state, and the worker that brings `encoded` and `prediction` up to it.

    Args:
        synchronous: compute in the calling thread.
    """

    def __init__(self, *, synchronous: bool):
        # Held while state changes; callbacks may come on any thread, also on several.
        self._lock = threading.RLock()
        self._source = 0  # counts pictures and models
        self._asked = 0  # counts changes of the prompts, and of all that the answer depends on
        self._shown = 0  # the value of _asked that `prediction` answers
        # Made from one another, so that they share results: the picture's run, the same with
        # windows and edits, the same with prompts.
        self._plain: Trace | None = None
        self._unprompted: Trace | None = None
        self._trace: Trace | None = None
        self.stopped = False  # an encode was cancelled, and nothing has asked for it since
        self._pace: dict[Hashable, float] = {}  # seconds of an encode's steps, by their kind
        self.at_length: set[str] = set()  # names of what takes long just now in the worker
        self._worker = Worker(synchronous=synchronous or is_document_built())
        super().__init__()

    @property
    def unprompted(self) -> Trace:
        """`trace` without prompts: one and the same for all prompts, which share its results."""
        with self._lock:
            if self._unprompted is None:
                if self._plain is None:
                    self._plain = self.plain_trace()
                trace = self._plain.with_windows(self.windows)
                for edit in self.edits:
                    if isinstance(edit, Intervention):
                        trace = trace.with_interventions(edit)
                    else:
                        trace = trace.with_edit(*edit)
                self._unprompted = trace
            return self._unprompted

    @property
    def trace(self) -> Trace:
        """The run of the model that the state asks for; the same one until the state changes.

        Nothing is computed before a tensor or the prediction is asked of it.
        """
        with self._lock:
            if self._trace is None or self._trace.prompts is not self.prompts:
                self._trace = self.unprompted.with_prompts(self.prompts)
            return self._trace

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._worker.closed

    @property
    def synchronous(self) -> bool:
        """Whether each change is answered when it returns."""
        return self._worker.synchronous

    def submit(self, name: str, job: Job, priority: int = PROMPTS) -> None:
        """Let the session's worker run `job`, the latest of its name; `error` tells if it fails."""
        self._worker.submit(name, self.guard(job), priority)

    def give_way(self, priority: int = EXPLORERS) -> None:
        """In a long job of this priority, often: run what waits and goes before it meanwhile.

        Raises:
            Cancelled: the session was closed.
        """
        with between_steps(lambda what: None):  # of the other job; what is told is the long one's
            self._worker.give_way(priority)
        if self._worker.closed:
            raise Cancelled

    def guard(self, callback: Callable[..., None]) -> Callable[..., None]:
        """`callback`, but its exceptions are logged and shown as `error`, and end nothing."""

        @wraps(callback)
        def guarded(*args: object, **kwargs: object) -> None:
            try:
                callback(*args, **kwargs)
            except Exception as error:
                _LOG.error("A callback failed: %s", error, exc_info=True)
                self.error = in_words(error)

        return guarded

    def action(self, callback: Callable[..., None]) -> Callable[..., None]:
        """`callback`, guarded, as something the user does: an older error goes."""

        @wraps(callback)
        def act(*args: object, **kwargs: object) -> None:
            self.error = ""
            callback(*args, **kwargs)

        return self.guard(act)

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until the model has answered and the views have drawn the latest state.

        Raises:
            TimeoutError: that took longer than `timeout` seconds.
            RuntimeError: called by what the session itself runs, such as an observer of
                `prediction`, and would wait for itself.
        """
        if not self._worker.settle(timeout):
            doing = f" ({self.busy})" if self.busy else ""
            raise TimeoutError(
                f"The session is still at work after {timeout:g} s{doing}. "
                "Wait longer: session.settle(timeout=...)."
            )

    def close(self) -> None:
        """End the worker; views of this session stop following. May be called twice.

        What is being computed stops at its next step, and what traces have cached is let go:
        whoever asks the session for its `trace` again computes anew.
        """
        self._worker.close()
        self.busy = ""

    def _answer(self) -> None:
        """In the worker: bring `encoded` and `prediction` up to the latest state."""
        with self._lock:
            source, asked = self._source, self._asked
        try:
            if self.encoded is None and not self.stopped:
                self._encode()
            with self._lock:
                trace, source, asked = self.trace, self._source, self._asked
            if self.encoded is None or trace.prompts.is_empty:
                return
            prediction = trace.prediction
        except Exception as error:
            self._tell_failure(error, source, asked)
            return
        with self._lock:
            if source == self._source and asked >= self._shown:
                self._shown = asked
                self.prediction = prediction

    def _tell_failure(self, error: Exception, source: int, asked: int) -> None:
        """Show what went wrong, unless something newer has been asked, which is answered next."""
        _LOG.error("An answer failed: %s", error, exc_info=error)
        with self._lock:
            if (source, asked) == (self._source, self._asked):
                self.error = in_words(error)

    def _encode(self) -> None:
        with self._lock:
            source = self._source

        encoded = None
        try:
            with self._lock:
                trace = self.unprompted
            with between_steps(self._between_blocks(trace, source)):
                encoded = trace.encoded
        except Cancelled:
            return
        finally:
            with self._lock:
                if source == self._source:
                    self._take_encoded(encoded)

    def _between_blocks(self, trace: Trace, source: int) -> Callable[[str], None]:
        """What happens before each step of the encode of a picture that began as this one."""
        countdown = Countdown(encoder_steps(trace), self._pace)

        def tell(what: str) -> None:
            countdown.end_step(perf_counter())
            self._worker.give_way(PROMPTS)  # to what fetches another picture or model
            with self._lock:
                if source != self._source or self._worker.closed:
                    raise Cancelled
                left = time_left(countdown.begin_step(what, perf_counter()))
                self.busy = f"{ENCODING}: {what.removeprefix('Image encoder: ')}{left} …"

        return tell

    def _take_encoded(self, encoded: EncodedImage | None) -> None:
        """An encode has ended, or has failed with None."""
        self.encoded = encoded
        self.busy = ""


def in_words(error: Exception) -> str:
    """What to tell the reader: our own errors are words already, others get their kind's name."""
    ours = isinstance(error, OSError) and error.errno is None  # the system's have a number
    plain = (ours or isinstance(error, (TypeError, ValueError))) and str(error)
    said = str(error) if plain else f"{type(error).__name__}: {error}"
    return " ".join([said, *getattr(error, "__notes__", ())])
