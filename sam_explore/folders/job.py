"""Job: all that a worker has to know, as data; and what it is given for one part."""

from dataclasses import dataclass
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

from sam_explore.fingerprints import fingerprint
from sam_explore.model import Sam
from sam_explore.model.weight_digests import all_weights_of
from sam_explore.preprocessing import Preprocessing

from .nulls import Null
from .picture_prompts import PromptSource
from .questions import Question, known_question


@dataclass(frozen=True)
class Job:
    """A question about all pictures.

    Args:
        question: what is asked.
        prompts: where the prompts come from.
        how: the preprocessing.
        null: what is shuffled, if anything.
        source: of the model, as `sx.load` takes it.
        device, dtype: as `sx.load` takes them.
        model: a fingerprint of its configuration and its weights as loaded.
        folder: where the parts are written.
        most_pixels: the largest number of pixels in a picture.
        cache_bytes: the most memory that a trace may keep alive.
        asks_errors_again: whether pictures that had an error are asked again.
    """

    question: Question
    prompts: PromptSource
    how: Preprocessing
    null: Null | None
    source: str | Path | None
    device: str
    dtype: str
    model: str
    folder: Path
    most_pixels: int
    cache_bytes: int
    asks_errors_again: bool = False

    def known(self, version: str) -> str:
        """What all rows depend on, as a fingerprint: all but the pictures and a table's prompts.

        Args:
            version: of this package, since another one may compute something else.
        """
        question = known_question(self.question)
        settings = self.model, self.dtype, self.how, self.null, self.prompts.known
        return fingerprint((version, self.question.code, question, settings))


@dataclass(frozen=True)
class Asked:
    """A picture and its prompts.

    Args:
        name: the picture's name in the rows.
        path: of its file.
        entry: the prompts in the table, if there is one.
        other: where prompts come from instead, in the null "prompts".
    """

    name: str
    path: str
    entry: Any = None
    other: "Asked | None" = None


@dataclass(frozen=True)
class Part:
    """The pictures whose rows go into one file.

    Args:
        file: its name.
        pictures: in their order.
        earlier: names of files that may hold rows of these pictures.
    """

    file: str
    pictures: tuple[Asked, ...]
    earlier: tuple[str, ...] = ()


def content_of(path: str) -> str:
    """A fingerprint of a file's bytes. Raises OSError."""
    with open(path, "rb") as file:
        return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()


def known_model(sam: Sam) -> str:
    """A fingerprint of a model's configuration and weights."""
    return fingerprint((sam.config, all_weights_of(sam).fingerprint))
