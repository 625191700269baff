"""AskPicture: answers the question for one picture."""

from typing import Any

import pyarrow as pa
import torch

from sam_explore.geometry import Prompts
from sam_explore.images import as_picture
from sam_explore.loading import load
from sam_explore.model import Sam
from sam_explore.model.weight_digests import all_weights_of

from .job import Asked, Job, known_model
from .nulls import scaled, shuffle_weights, shuffled_pixels
from .questions import ask
from .rows import answer_columns, prompt_columns, row_of


class AskPicture:
    """Answers the question for one picture after the other. The model is loaded once.

    One thread computes: a process for each processor is quicker than threads that share a picture,
    and the same numbers are added in the same order whatever the machine.

    Args:
        job: the question.

    Raises:
        RuntimeError: the model is not the one that the job was made with.
    """

    def __init__(self, job: Job):
        torch.set_num_threads(1)
        self._job = job
        self._sam: Sam = load(job.source, device=job.device, dtype=job.dtype)
        if known_model(self._sam) != job.model:
            raise RuntimeError(
                f"The weights {job.source or 'that ship'} changed since the run began, so its rows "
                "would be of two models. Start again with the weights that you want."
            )
        if job.null is not None and job.null.kind == "weights":
            shuffle_weights(self._sam, job.null.seed)
            self._sam.refresh()
        self._known = {"weights": all_weights_of(self._sam).fingerprint, "code": job.question.code}

    def __call__(self, asked: Asked, content: str | None) -> pa.Table:
        """The row of a picture; where it can't be answered, a row with the error.

        Args:
            asked: the picture.
            content: a fingerprint of its file, None if that can't be read.

        Raises MemoryError.
        """
        columns: dict[str, Any] = {"path": asked.name, "content": content, **self._known}
        try:
            for more in self._answered(asked):
                columns |= more
        except MemoryError:  # another time, or elsewhere, the picture could be answered
            raise
        except Exception as error:
            kinds = (kind.__name__ for kind in type(error).__mro__)
            kind = next(each for each in kinds if not each.startswith("_"))
            columns["error"] = f"{kind}: {str(error).replace(asked.path, asked.name)}"
        return row_of(columns)

    def _answered(self, asked: Asked) -> Any:
        """The columns, in two steps: what is known of the picture, and the answer."""
        job = self._job
        image = as_picture(asked.path, most_pixels=job.most_pixels)
        prompts = self._prompts(asked, image)
        yield prompt_columns(prompts, image.shape[:2])
        if job.null is not None and job.null.kind == "pixels":
            image = shuffled_pixels(image, job.null.seed)
        yield answer_columns(ask(job.question, self._sam, image, prompts, job.how, job.cache_bytes))

    def _prompts(self, asked: Asked, image: Any) -> Prompts:
        source, other = self._job.prompts, asked.other
        if other is None:
            return source.prompts(asked.name, image, asked.entry)
        its_image = as_picture(other.path, most_pixels=self._job.most_pixels)
        prompts = source.prompts(other.name, its_image, other.entry)
        return scaled(prompts, its_image.shape[:2], image.shape[:2])
