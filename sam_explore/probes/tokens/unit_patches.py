"""What drives a unit of the image encoder most?"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int, UInt8

from sam_explore.number_text import text
from sam_explore.origins import Operation, explain
from sam_explore.readings import Cell, Curve, Gallery, Heatmap, Matrix, Panel, Profile, Scale
from sam_explore.tracing import Trace

from ..common.logits import percent
from ..common.numbers import array, counted
from ..common.probe import Probe
from ..common.token_factors import FACTORS
from ..common.token_truth import Grid, drawn
from ..common.unit_index import Fit, UnitIndex, fit_of, interval_of
from ..common.unit_indexing import WORLD, chosen_unit, index_scenes_knob, unit_index
from ..common.units import HEAD, IMAGE_CHANNEL, Layer, layer_knob, unit_knob, values_of

_ROWS = 10  # factors in the table
_ACROSS = 0.25  # of the scene's side, that a tile shows
_AROUND = 128  # grey, beyond the scene's edge


@dataclass(frozen=True)
class UnitPatches(Probe):
    """The patches of drawn scenes that drive one unit most, and the factors that it fits.

    A unit is a channel of the residual stream after a block, a neuron of an MLP after GELU, a head,
    whose value is the norm of what it puts out, or a channel of the image tokens. Of its values at
    all tokens of the scenes the greatest are shown, one a scene: the token is the middle square
    between the lines, with what lies around it. Neither training nor exams drew these scenes.

    A unit is on where its value is above a threshold, which is set in 16 other scenes so that it is
    on at 5 % of their tokens. The tokens at which it is on are compared with those of each factor,
    such as "on a boundary", by their IoU. "By chance" is what as many tokens anywhere would give;
    "at most" is what is left if all of the smaller set lies in the larger one. Bands are 95 %
    intervals, by the bootstrap over 16 groups of scenes. The control is the same network with
    shuffled weights in the same scenes. The factors that are known are few: a unit without one may
    follow something else. And that it follows a factor does not say that the mask needs it: see
    `UnitClamped`.

    One index of all units is made for a model, its windows, preprocessing and edits, with progress,
    and is kept: that of 256 scenes and more in the cache folder, for the next time.

    Reads: image_encoder.vit.blocks.*.attention.hook_out_per_head,
        image_encoder.vit.blocks.*.mlp.hook_hidden, image_encoder.vit.blocks.*.hook_residual_post
        and image_encoder.channel_projection.hook_out, of drawn scenes and of the run.
    Returns: a Panel of a Gallery of patches in their colours; a Matrix (factor, number) of the
        factors that the unit fits best beyond chance; a Profile over all units of the layer, in
        their order, of the best IoU beyond chance; and a Heatmap (row, column) of the unit in the
        run's picture.
    Unit: IoU from 0 to 1; the unit's own, which has no name.
    Source: "Network Dissection" (arXiv 1704.05796) for IoU with what is known, with its top 0.5 %
        made 5 %, since the factors here are larger; patches that drive a unit most, arXiv
        1311.2901.
    """

    title = "What drives a unit of the image encoder most?"
    reads_prompts = False
    runs_encoder = True
    is_sweep = True

    layer: int = layer_knob(4)
    unit: int = unit_knob()
    scenes: int = index_scenes_knob()

    def coarser(self, trace: Trace) -> tuple["UnitPatches", ...]:
        sizes = self.knobs()["scenes"].choices
        return tuple(replace(self, scenes=each) for each in sizes if each < self.scenes)

    def read(self, trace: Trace) -> Panel:
        index = unit_index(trace, self.scenes)
        layer, unit = chosen_unit(index, trace.sam.config, self.layer, self.unit)
        ours, random = (fit_of(index, each[layer]) for each in (index.layers, index.shuffled))
        best = np.argsort(-ours.beyond[unit], kind="stable")[:_ROWS]
        low, high = interval_of(index, index.layers[layer], unit)
        words = _words(index, layer, unit, (ours, random), (low, high))
        name = layer.unit(unit)
        iou = ours.iou[unit]
        columns = (iou, low, high, ours.chance[unit], ours.most[unit], random.iou[unit])
        table = Matrix(
            np.stack(columns, axis=1)[best].round(2),
            tuple(FACTORS[each] for each in best),
            ("IoU", "from", "to", "by chance", "at most", "shuffled\nweights"),
            f"IoU of {name} with what is known",
            words,
            "factor",
            "",
            Scale("IoU", low=0.0),
        )
        here = _here(trace, layer, unit, words)
        tiles = _tiles(index, layer, unit, words)
        ranked = _ranked(layer, (ours, random), words)
        return Panel((tiles, table, ranked, here), f"What drives {name}", words, across=2)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.part != 3:  # counts over many scenes
            return None
        config, index = trace.sam.config, unit_index(trace, self.scenes)
        layer, unit = chosen_unit(index, config, self.layer, self.unit)
        if layer.kind == HEAD:
            return None
        place = (unit, cell.row, cell.column)
        if layer.kind != IMAGE_CHANNEL:
            place = (cell.row, cell.column, unit)
        return explain(trace, layer.hook, (0, *place))


def crop(
    image: UInt8[np.ndarray, "height width 3"], grid: Grid, token: tuple[int, int]
) -> tuple[UInt8[np.ndarray, "h w 3"], tuple[tuple[int, ...], tuple[int, ...]]]:
    """What lies around a token of a picture that fills the grid, and the lines next to the token.

    It is a quarter of the picture along each side, or three tokens where these are more; beyond the
    edge it is grey. The lines are numbers of rows and of columns of the crop, as `Heatmap` has
    them.
    """
    cut, lines = [], []
    for length, cells, place in zip(image.shape[:2], grid, token, strict=True):
        begin, end = (-(-length * each // cells) for each in (place, place + 1))
        whole = max(round(_ACROSS * length), 3 * (end - begin))
        start = begin - (whole - (end - begin)) // 2
        cut.append(np.arange(start, start + whole))
        lines.append((begin - start - 1, end - start - 1))
    rows, columns = cut
    found = image[np.clip(rows, 0, image.shape[0] - 1)][:, np.clip(columns, 0, image.shape[1] - 1)]
    outside_rows = (rows < 0) | (rows >= image.shape[0])
    outside_columns = (columns < 0) | (columns >= image.shape[1])
    found[outside_rows], found[:, outside_columns] = _AROUND, _AROUND
    return found, (lines[0], lines[1])


def _tiles(index: UnitIndex, layer: Layer, unit: int, words: str) -> Gallery:
    """The patches that drive it most, the greatest value first."""
    known = index.layers[layer]
    tiles = []
    for value, seed, token in zip(
        known.values[unit], known.seeds[unit], known.tokens[unit], strict=True
    ):
        image = drawn(WORLD, int(seed), index.grid).image
        colours, lines = crop(image, index.grid, divmod(int(token), index.grid[1]))
        tiles.append(
            Heatmap(
                colours.mean(axis=-1),
                f"{text(float(value))}, scene {int(seed)}",
                words,
                Scale("grey level"),
                colours=colours,
                grid_lines=lines,
            )
        )
    return Gallery(tuple(tiles), f"Patches with the greatest values of {layer.unit(unit)}", words)


def _here(trace: Trace, layer: Layer, unit: int, words: str) -> Heatmap:
    values = np.full(trace.frame.grid, np.nan)
    rows, columns = trace.frame.tokens_shown
    values[:rows, :columns] = array(values_of(trace, layer)[..., unit])
    return Heatmap(
        values,
        f"{layer.unit(unit)[0].upper()}{layer.unit(unit)[1:]} in this picture",
        words,
        Scale(low=0.0) if layer.kind == HEAD else Scale(centre=0.0),
        "tokens",
    )


def _ranked(layer: Layer, fits: tuple[Fit, Fit], words: str) -> Profile:
    """Each unit's best factor beyond chance, the best unit first, in both networks."""
    ours, random = (np.sort(each.beyond.max(axis=1))[::-1] for each in fits)
    return Profile(
        np.arange(float(len(ours))),
        (Curve(ours, "this network"), Curve(random, "with shuffled weights")),
        title=f"All {layer.name}: IoU with the factor that each fits best",
        words=words,
        x_name="rank of the unit",
        y_name="IoU beyond chance",
    )


def _words(
    index: UnitIndex,
    layer: Layer,
    unit: int,
    fits: tuple[Fit, Fit],
    ends: tuple[Float[np.ndarray, "factor"], Float[np.ndarray, "factor"]],
) -> str:
    ours, random = fits
    known, name = index.layers[layer], layer.unit(unit)
    tokens = int(index.tokens.sum())
    best = int(ours.beyond[unit].argmax())
    low, high = (text(float(each[best])) for each in ends)
    beyond, by_random = (each.beyond.max(axis=1) for each in fits)
    above = float((beyond > np.quantile(by_random, 0.95)).mean())
    other = int(random.beyond.max(axis=1).argmax())
    factor = int(random.beyond[other].argmax())
    on: Int[np.ndarray, "unit"] = known.on.sum(axis=0)
    return (
        f"In {counted(index.scenes, 'drawn scene')} of {tokens // index.scenes} tokens, {name} has "
        f"the mean {text(float(index.mean(layer)[unit]))}; its greatest values, one a scene, go "
        f"from {text(float(known.values[unit, 0]))} down to "
        f"{text(float(known.values[unit, -1]))}. It is on, above "
        f"{text(float(known.threshold[unit]))}, at {percent(on[unit] / tokens)} of the tokens. "
        f"These fit “{FACTORS[best]}” best: their IoU is {text(float(ours.iou[unit, best]))} "
        f"(95 %: {low} to {high}), by chance it would be "
        f"{text(float(ours.chance[unit, best]))}, and at most {text(float(ours.most[unit, best]))}."
        f" With shuffled weights the same unit has {text(float(random.iou[unit, best]))} there, "
        f"and the unit of this layer that fits anything best has "
        f"{text(float(random.iou[other, factor]))}, with “{FACTORS[factor]}”. Of all "
        f"{len(on)} units of the layer, {percent(above)} fit some factor better, beyond chance, "
        "than 95 % of those with shuffled weights do."
    )
