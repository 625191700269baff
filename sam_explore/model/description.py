"""The network's description of itself: the chain of its steps, and its decoder's tokens.

Tools derive from it what has to run again after a change, where a hook point belongs, what a step
is called, and which decoder token is which. Addresses of hook points are in `addresses`.
"""

from collections.abc import Sized
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from .addresses import (
    DECODED_IMAGE,
    DECODER_TOKENS_OUT,
    FINAL_ATTENTION,
    in_block,
    in_decoder_attention,
    in_layer,
)
from .config import SamConfig
from .decoder_tokens import DecoderTokens


@dataclass(frozen=True)
class Step:
    """A part of a run whose result is cached; tensors inside it are computed again when needed.

    Args:
        kind: what is done.
        number: of the block or the layer, None for what is done once.
    """

    kind: str
    number: int | None = None

    def __str__(self) -> str:
        return self.kind if self.number is None else f"{self.kind} {self.number}"


EMBED, PROJECT, PROMPTS = Step("embed"), Step("project"), Step("prompts")
# Of the mask decoder: its input, the last attention of the tokens to the image, and the masks.
PREPARE, READ, ANSWER = Step("prepare"), Step("read"), Step("answer")


def block_step(block: int) -> Step:
    """The step that is a block of the image encoder."""
    return Step("block", block)


def layer_step(layer: int) -> Step:
    """The step that is a layer of the mask decoder."""
    return Step("layer", layer)


@dataclass(frozen=True)
class Link:
    """A step's place in the chain.

    Args:
        step: the step.
        component: the published figure's component that it belongs to.
        words: what it is called in a progress line.
        reads: the steps whose results it reads.
        holds: the prefixes of its hook points' addresses.
        takes: the hook point that its input passes unchanged, "" if there is none.
        gives: the hook point that its result passes unchanged, "" if there is none.
    """

    step: Step
    component: str
    words: str
    reads: tuple[Step, ...]
    holds: tuple[str, ...]
    takes: str = ""
    gives: str = ""


@runtime_checkable
class PromptSet(Protocol):
    """The part of `sam_explore.Prompts` that the layout of the decoder's tokens depends on."""

    @property
    def points(self) -> Sized: ...

    @property
    def box(self) -> object | None: ...

    @property
    def has_padding(self) -> bool: ...


class ModelDescription:
    """The description of a network of these sizes; `Sam.description` gives it."""

    def __init__(self, config: SamConfig):
        self.config = config

    @cached_property
    def chain(self) -> tuple[Link, ...]:
        """All steps in the order of a run."""
        return (*self._image_encoder(), *self._prompt_encoder(), *self._mask_decoder())

    @cached_property
    def image_encoder(self) -> tuple[Step, ...]:
        """The image encoder's steps: embedding, blocks, projection."""
        return self._steps_of("Image encoder")

    @cached_property
    def mask_decoder(self) -> tuple[Step, ...]:
        """The mask decoder's steps: input, layers, last attention, masks."""
        return self._steps_of("Mask decoder")

    def link(self, step: Step) -> Link:
        """The step's place in the chain."""
        return self._links[step]

    def order(self, step: Step) -> int:
        """The step's position in a run."""
        return self._order[step]

    def step_of(self, hook_name: str) -> Step:
        """The step that a hook point belongs to.

        Raises:
            ValueError: a name that belongs to no component.
        """
        matches = [prefix for prefix in self._holders if hook_name.startswith(prefix)]
        if not matches:
            raise ValueError(f"{hook_name!r} lies in none of the model's components.")
        return self._holders[max(matches, key=len)]

    def decoder_tokens(self, prompts: PromptSet | None = None) -> DecoderTokens:
        """The layout of the decoder's tokens for a prompt set, or for no prompt at all."""
        masks = self.config.mask_tokens
        if prompts is None:
            return DecoderTokens(masks)
        has_box = prompts.box is not None
        return DecoderTokens(masks, len(prompts.points), has_box, prompts.has_padding)

    def _image_encoder(self) -> list[Link]:
        name, depth = "Image encoder", self.config.encoder_depth
        chain = [Link(EMBED, name, f"{name}: patch embedding", (), ("image_encoder.",))]
        for block in range(depth):
            chain.append(
                Link(
                    block_step(block),
                    name,
                    f"{name}: block {block + 1} of {depth}",
                    (chain[-1].step,),
                    (f"{in_block(block)}.",),
                    takes=in_block(block, "hook_residual_pre"),
                    gives=in_block(block, "hook_residual_post"),
                )
            )
        holds = ("image_encoder.channel_projection.",)
        words = f"{name}: channel projection"
        return [*chain, Link(PROJECT, name, words, (chain[-1].step,), holds)]

    def _prompt_encoder(self) -> list[Link]:
        holds = ("coordinate_encoder.", "prompt_encoder.")
        return [Link(PROMPTS, "Prompt encoder", "Prompt encoder", (), holds)]

    def _mask_decoder(self) -> list[Link]:
        name, depth = "Mask decoder", self.config.decoder_depth
        holds: tuple[str, ...] = ("mask_decoder.", "coordinate_encoder.hook_grid")
        before = (PROJECT, PROMPTS)
        chain = [Link(PREPARE, name, f"{name}: tokens and mask hint", before, holds)]
        for layer in range(depth):
            words, holds = f"{name}: layer {layer + 1} of {depth}", (f"{in_layer(layer)}.",)
            chain.append(Link(layer_step(layer), name, words, (chain[-1].step,), holds))
        last = (in_decoder_attention(FINAL_ATTENTION, ""), DECODER_TOKENS_OUT, DECODED_IMAGE)
        heads = ("mask_decoder.mask_generator.", "mask_decoder.iou_predictor.")
        return [
            *chain,
            Link(READ, name, f"{name}: last attention", (chain[-1].step,), last),
            Link(ANSWER, name, f"{name}: masks", (READ,), heads),
        ]

    @cached_property
    def _links(self) -> dict[Step, Link]:
        return {link.step: link for link in self.chain}

    @cached_property
    def _order(self) -> dict[Step, int]:
        return {link.step: place for place, link in enumerate(self.chain)}

    @cached_property
    def _holders(self) -> dict[str, Step]:
        return {prefix: link.step for link in self.chain for prefix in link.holds}

    def _steps_of(self, component: str) -> tuple[Step, ...]:
        return tuple(link.step for link in self.chain if link.component == component)
