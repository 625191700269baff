"""The tokens that the mask decoder works on: their order and their names."""

from dataclasses import dataclass

IOU = 0  # its number among the tokens
BOX_CORNERS = ("box top left", "box bottom right")


@dataclass(frozen=True)
class DecoderTokens:
    """One run's decoder tokens: the IoU token, the mask tokens, then those of the prompts.

        tokens = sam.description.decoder_tokens(prompts)
        tokens.names  # ("IoU", "mask 0", …, "point 0", "padding")
        trace[DECODER_TOKENS_IN][0, tokens.number("point 0")]

    Args:
        masks: how many mask tokens there are.
        points: how many points the prompts have.
        has_box: whether the box's two corners follow the points.
        has_padding: whether the padding token ("not a point") comes last.
    """

    masks: int
    points: int = 0
    has_box: bool = False
    has_padding: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each token, in order."""
        masks = (f"mask {mask}" for mask in range(self.masks))
        return ("IoU", *masks, *self.prompt_names)

    @property
    def prompt_names(self) -> tuple[str, ...]:
        """The name of each prompt token, in order."""
        points = (f"point {point}" for point in range(self.points))
        corners = BOX_CORNERS if self.has_box else ()
        return (*points, *corners, *(("padding",) if self.has_padding else ()))

    def __len__(self) -> int:
        return len(self.names)

    def number(self, name: str) -> int:
        """The number of a token among all of them.

        Raises:
            ValueError: these prompts make no such token.
        """
        if name not in self.names:
            raise ValueError(
                f"There is no decoder token {name!r} in this run; there are "
                f"{', '.join(self.names)}."
            )
        return self.names.index(name)

    def mask(self, mask: int) -> int:
        """The number of a mask's token."""
        return IOU + 1 + mask

    def prompt(self, prompt: int) -> int:
        """The number of a prompt token, which is counted from 0 among the prompt tokens."""
        return self.mask(self.masks) + prompt

    @property
    def of_masks(self) -> slice:
        """The slice of the mask tokens."""
        return slice(self.mask(0), self.mask(self.masks))

    @property
    def of_prompts(self) -> slice:
        """The slice of the prompt tokens."""
        return slice(self.prompt(0), len(self))
