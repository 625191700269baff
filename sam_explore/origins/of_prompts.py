"""How the prompts' numbers are computed: places, their waves, and prompt tokens."""

from typing import Any

import torch

from ..model.prompt_encoder import PromptEncoder
from .operation import Expression, Operand
from .pointwise import FourierFeature, Scaled
from .rules import At, Chosen, Rule, Source, always, same
from .sums import Copy, Total
from .wiring import Wiring


def wire_prompts(wiring: Wiring) -> None:
    """The rules of the coordinate encoder and the prompt encoder."""
    encoder = wiring.trace.sam.coordinate_encoder
    of_prompts, of_tokens = _wire_places(wiring)
    _wire_waves(wiring, encoder, encoder.hook_points, of_prompts, lambda at: at[1:2], 2)
    _wire_waves(wiring, encoder, encoder.hook_grid, of_tokens, lambda at: at[1:3], 0)
    _wire_prompt_tokens(wiring)


def _wire_waves(
    wiring: Wiring, encoder: Any, hook: Any, places: str, where: Any, channel: int
) -> None:
    half = encoder.frequencies.shape[1]
    path = f"{wiring.path(encoder)}.frequencies"
    x, y = Source(places, lambda at: (*where(at), 0)), Source(places, lambda at: (*where(at), 1))
    across = Source(path, lambda at: (0, at[channel] % half))
    down = Source(path, lambda at: (1, at[channel] % half))
    wiring.set(hook, FourierFeature(x, y, (across, down), channel, half))


def _wire_places(wiring: Wiring) -> tuple[str, str]:
    """The places of clicks and corners, and those of the tokens, from −1 to 1."""
    trace = wiring.trace
    prompts, frame = trace.prompts, trace.frame
    clicks = torch.from_numpy(prompts.points.copy()).view(-1, 2)
    wiring.give("prompts.points", clicks, "click in pixels of the picture", "point axis")
    if prompts.box is not None:
        corners = torch.from_numpy(prompts.box.copy()).view(2, 2)
        wiring.give("prompts.box", corners, "box corner in pixels of the picture", "corner axis")
    points, sizes = len(prompts.points), frame.side[::-1]
    scales = [
        scaled / whole for scaled, whole in zip(frame.input_size, frame.image_size, strict=True)
    ][::-1]

    def of_click(operand: Operand | None, at: At) -> tuple[Expression, float]:
        scale, size = scales[at[-1]], sizes[at[-1]]
        given = 0.0 if operand is None else operand.value
        result = 2 * (given * scale + 0.5) / size - 1
        return ("2 · (", operand or "0", f" · {scale:.4g} + 0.5) / {size} − 1"), result

    def of_token(operand: Operand | None, at: At) -> tuple[Expression, float]:
        axis = at[-1]
        place, length = at[1 - axis], frame.grid[1 - axis]
        return (f"2 · ({place} + 0.5) / {length} − 1",), 2 * (place + 0.5) / length - 1

    def prompt(at: At) -> Any:
        return at if at[0] < points else (at[0] - points, at[1])

    path = wiring.path(trace.sam.coordinate_encoder)
    of_prompts, of_tokens = f"{path}.place_of_prompt", f"{path}.place_of_token"
    formula = "2 (p · scale + ½) / side − 1"
    meaning = "place across the model's input, from −1 to 1"
    for name, address in (("points", "prompts.points"), ("box", "prompts.box")):
        if name == "points" or prompts.box is not None:
            rule = Scaled(
                "Place of a click or a corner", formula, of_click, Source(address, prompt)
            )
            wiring.put(f"{of_prompts}.{name}", rule, meaning, "coordinate axis")

    def choose(at: At) -> Source:
        return Source(f"{of_prompts}.{'points' if at[0] < points else 'box'}", same)

    handed = Copy("Place of a prompt", choose)
    wiring.put(of_prompts, handed, meaning, "coordinate axis")
    tokens = Scaled("Place of an image token's centre", "2 (i + ½) / n − 1", of_token)
    wiring.put(of_tokens, tokens, meaning, "row column axis")
    return of_prompts, of_tokens


def _wire_prompt_tokens(wiring: Wiring) -> None:
    trace = wiring.trace
    encoder = trace.sam.prompt_encoder
    labels, layout = trace.prompts.labels, trace.decoder_tokens
    coordinates = Source(trace.sam.coordinate_encoder.hook_points.name, same)
    background, foreground, *corners, padding = (
        f"{wiring.path(encoder)}.{kind.replace(' ', '_')}" for kind in PromptEncoder.KINDS
    )

    def kind_of(prompt: int) -> str:
        """The learned vector of a prompt token."""
        if prompt < layout.points:
            return foreground if labels[prompt] == 1 else background
        corner = prompt - layout.points
        return corners[corner] if layout.has_box and corner < len(corners) else padding

    rules: dict[int, Rule] = {}
    for number in range(len(layout.prompt_names)):
        learned = Source(kind_of(number), lambda at: (0, at[2]))
        if kind_of(number) == padding:
            rules[number] = Copy("The padding token: learned alone", always(learned))
        else:
            parts = [("place", coordinates), ("kind", learned)]
            rules[number] = Total("Prompt token: its place, and what kind of prompt it is", parts)
    wiring.set(encoder.hook_tokens, Chosen(rules))
