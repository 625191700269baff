"""What the phenomena measure, on cases worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sam_explore.scenes.ground_truth import Region, Scene

from .scripts import phenomenon

block_order = phenomenon("block_order")
checkerboard = phenomenon("checkerboard")
common = phenomenon("common")
data_engine = phenomenon("data_engine")
encodings_removed = phenomenon("encodings_removed")
heads = phenomenon("heads")
likeness = phenomenon("likeness")
mask_hints = phenomenon("mask_hints")
mask_tokens = phenomenon("mask_tokens")
padding_point = phenomenon("padding_point")
place_in_tokens = phenomenon("place_in_tokens")
position_encodings = phenomenon("position_encodings")
removed_directions = phenomenon("removed_directions")
selection = phenomenon("selection")
shape_or_texture = phenomenon("shape_or_texture")
stretched = phenomenon("stretched")
token_norms = phenomenon("token_norms")
units = phenomenon("units")
window_sizes = phenomenon("window_sizes")

PLACES = np.arange(16)


def case(labels: np.ndarray, point: tuple[int, int] = (0, 0)):
    """A scene of one object where the labels are 1."""
    image = np.zeros((*labels.shape, 3), np.uint8)
    three = np.stack([labels, 0 * labels, 0 * labels]).astype(np.int16)
    drawn = Scene(image, three, (Region("thing", 0, None),))
    return common.Case(0, drawn, 0, point)


def test_cases_are_the_same_every_time_and_clicked_on_their_object():
    first, again = (list(common.cases(64, 2)) for _ in range(2))
    assert [each.point for each in first] == [each.point for each in again]
    for each in first:
        x, y = each.point
        assert each.truth[y, x]
        assert each.truth.mean() >= common.SMALLEST_SHARE
        assert each.drawn.regions[each.index].level == 0


def test_only_cases_that_fit_are_given():
    (second,) = common.cases(64, 1, lambda each: each.seed > common.FIRST_SEED + 3)
    assert second.seed > common.FIRST_SEED + 3


def test_an_interval_holds_the_mean_and_a_sign_needs_five_cases():
    assert common.interval(np.full(7, 0.25)) == (0.25, 0.25)
    low, high = common.interval(np.array([0.0, 1.0] * 50))
    assert low == pytest.approx(0.4, abs=0.02)  # 0.5 less 1.96 standard errors of 0.05
    assert high == pytest.approx(0.6, abs=0.02)
    assert common.sign(np.full(5, 0.1)) == 1
    assert common.sign(np.full(5, -0.1)) == -1
    assert common.sign(np.full(4, 0.1)) == 0
    assert common.sign(np.array([-1.0, 1.0] * 5)) == 0


def test_a_row_gives_effect_null_and_signed_difference():
    row = common.Row("thing", np.full(5, 0.5), "chance", np.full(5, 0.75))
    same = common.Row("thing", np.full(5, 0.5), "chance", np.full(5, 0.5))
    assert row.cells() == [
        "thing", "0.5", "0.5 to 0.5", "chance", "0.75", "−0.25", "−0.25 to −0.25", 5,
    ]  # fmt: skip
    assert (row.sign, same.sign) == (-1, 0)


def test_what_is_not_shown_is_said():
    claims = {"it grows": 1, "it shrinks": -1, "it sings": 0, "it turns": 1}
    assert common.sentence(claims) == (
        "The toy **shows** that it grows; it turns. It **shows the opposite** of this: that it "
        "shrinks. It **leaves open** whether it sings."
    )


def test_random_weights_depend_on_their_seed_and_leave_the_generator_alone():
    config = phenomenon("common").load(None).config
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    one, same, other = (common.untrained(config, seed) for seed in (1, 1, 2))
    assert torch.rand(1) == expected
    weights = [each.mask_decoder.mask_tokens for each in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_energy_of_a_checkerboard_is_one_and_of_a_constant_nothing():
    board = 1.0 - 2.0 * ((np.arange(64)[:, None] + np.arange(64)) % 2)
    stripes = np.tile([1.0, 1.0, -1.0, -1.0], (64, 16))
    energy = checkerboard.checkerboard_energy
    assert energy(board + 3, 2) == pytest.approx(1)
    assert energy(board + 3, 4) == 0
    assert energy(stripes, 4) == pytest.approx(1)
    assert energy(np.full((64, 64), 0.1), 2) == 0
    assert checkerboard.power_share(board, 2) == pytest.approx(100)


def test_energy_of_noise_is_a_half():
    rng = np.random.default_rng(0)
    energies = [checkerboard.checkerboard_energy(rng.normal(size=(64, 64)), 4) for _ in range(50)]
    assert np.mean(energies) == pytest.approx(0.5, abs=0.03)


def test_bilinear_upscaling_keeps_a_flat_token_and_drops_what_is_inside_one():
    logits = np.zeros((8, 8))
    logits[:, 4:] = 1
    logits[::2, :] += 0.5
    logits[1::2, :] -= 0.5
    by_hand = [0, 0, 1 / 8, 3 / 8, 5 / 8, 7 / 8, 1, 1]
    assert np.allclose(checkerboard.bilinear(logits), by_hand)


def four_families(cycles: int) -> np.ndarray:
    """Sine and cosine of the column, then of the row, 16 places a side."""
    angles = 2 * np.pi * cycles * PLACES / 16
    x, y = np.broadcast_to(angles, (16, 16)), np.broadcast_to(angles[:, None], (16, 16))
    return np.stack([np.sin(x), np.cos(x), np.sin(y), np.cos(y)], axis=2)


def test_four_families_vary_along_their_own_axis_only():
    own, other = position_encodings.axis_shares(four_families(3))
    assert np.allclose(own, 1)
    assert np.allclose(other, 0)
    own, other = position_encodings.axis_shares(four_families(3).transpose(1, 0, 2))
    assert np.allclose(own, 0)
    assert np.allclose(other, 1)


def test_slow_waves_have_two_cycles_at_most():
    assert np.allclose(position_encodings.slow_share(four_families(2)), 1)
    assert np.allclose(position_encodings.slow_share(four_families(3)), 0)
    both = four_families(1) + 3 * four_families(5)
    assert np.allclose(position_encodings.slow_share(both), 0.1)  # 1 against 9 of power


def test_the_step_of_an_alternation_is_two_along_its_axis():
    signs = 1.0 - 2.0 * (PLACES % 2)
    along_one = np.broadcast_to(signs, (16, 16))[..., None]
    along_both = (signs * signs[:, None])[..., None]
    assert position_encodings.step_size(along_one) == pytest.approx(2)
    assert position_encodings.step_size(along_both) == pytest.approx(8**0.5)


def test_drift_is_what_is_not_a_multiple_of_the_start():
    start, added = four_families(1), four_families(4)  # waves of other cycles: a right angle
    assert np.allclose(position_encodings.drift(0.9 * start + 0.2 * added, start), 0.2 * added)


def test_likeness_depends_neither_on_size_nor_on_mean():
    table = four_families(1)
    assert np.allclose(position_encodings.likeness(table, 3 * table + 2), 1)
    assert np.allclose(position_encodings.likeness(table, -table), -1)


def test_shuffling_moves_whole_vectors():
    table = np.arange(16 * 16 * 2.0).reshape(16, 16, 2)
    shuffled = position_encodings.shuffled(table)
    assert not np.array_equal(shuffled, table)
    assert sorted(map(tuple, shuffled.reshape(-1, 2))) == sorted(map(tuple, table.reshape(-1, 2)))


def test_change_of_logits_is_counted_in_their_spread():
    before = np.array([[3.0, 3.0], [-1.0, -1.0]])  # deviations of 2 from the mean
    assert window_sizes.logit_change(before, before + 1) == 0.5
    assert window_sizes.mask_change(before, before) == 0
    after = np.array([[3.0, -3.0], [1.0, -1.0]])
    assert window_sizes.mask_change(before, after) == pytest.approx(2 / 3)  # one of three in both
    assert window_sizes.mask_change(before, after, threshold=9.0) == 0  # both are empty


def test_misplaced_changes_are_the_same_in_other_cells():
    before = np.arange(12.0).reshape(3, 4)
    after = before + np.arange(12).reshape(3, 4) ** 2
    moved = window_sizes.misplaced(before, after, np.random.default_rng(0))
    assert not np.array_equal(moved, after)
    assert np.array_equal(np.sort((moved - before).ravel()), np.arange(12) ** 2)


def test_outliers_lie_five_robust_deviations_above_the_median():
    norms = np.arange(1.0, 26.0).reshape(5, 5)  # median 13, median distance 6: limit 57.5
    norms[4, 4] = 57
    assert not token_norms.outliers(norms).any()
    norms[4, 4] = 58
    assert np.argwhere(token_norms.outliers(norms)).tolist() == [[4, 4]]


def test_background_has_no_pixel_of_any_object():
    labels = np.zeros((4, 4), int)
    labels[1, 1] = labels[3, 3] = 1
    assert token_norms.background(case(labels), 2).tolist() == [[False, True], [True, False]]


def test_a_mask_becomes_logits_of_the_wanted_size():
    mask = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 1], [0, 1, 1, 0]], bool)
    assert mask_hints.hint_of(mask, 2, 8.0).tolist() == [[8, -8], [0, 4]]


def test_the_second_click_lies_in_the_error():
    labels = np.zeros((3, 3), int)
    labels[0] = 1
    missed = labels.astype(bool)
    missed[0, 2] = False
    prompts = mask_hints.corrected(case(labels), missed)
    assert prompts.points.tolist() == [[0, 0], [2, 0]]
    assert prompts.labels.tolist() == [1, 1]
    too_much = labels.astype(bool)
    too_much[2, 1] = True
    prompts = mask_hints.corrected(case(labels), too_much)
    assert prompts.points.tolist() == [[0, 0], [1, 2]]
    assert prompts.labels.tolist() == [1, 0]


def test_the_padding_point_is_dropped_replaced_and_doubled():
    tokens = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    sets = padding_point.prompt_sets(tokens, seed=0)
    assert sets["with"] is tokens
    assert sets["without"].tolist() == [[[1, 2]]]
    assert sets["further"].tolist() == [[[1, 2], [3, 4], [3, 4]]]
    assert sets["random"][0, 0].tolist() == [1, 2]
    assert sets["random"][0, 1].norm().item() == pytest.approx(5)
    assert sets["random"][0, 1].tolist() != [3, 4]


def test_each_way_chooses_among_the_last_three_masks():
    true = np.array([1.0, 0.2, 0.6, 0.4])
    predicted, stability = np.array([9.0, 0.1, 0.2, 0.8]), np.array([9.0, 0.7, 0.6, 0.5])
    assert selection.qualities(true, predicted, stability) == pytest.approx((0.4, 0.2, 0.4, 0.6))


def test_a_crop_lies_around_the_object_and_inside_the_scene():
    assert stretched.crop_box((100, 60, 220, 120), 256, 2.0) == (0, 26, 256, 154)
    assert stretched.crop_box((200, 10, 250, 110), 256, 2.0) == (128, 0, 256, 256)
    assert stretched.crop_box((0, 0, 200, 129), 256, 2.0) is None


def test_a_stretched_picture_moves_its_prompts_along():
    click, box = stretched.prompts_in((0, 40, 256, 168), (256, 256), (100, 60), (90, 50, 120, 80))
    assert click.points.tolist() == [[100, 40.5]]  # row 20 of the crop is now rows 40 and 41
    assert box.box.tolist() == [90, 20, 120, 80]


def test_a_padded_picture_only_shifts_its_prompts():
    click, box = stretched.prompts_in((64, 0, 192, 256), (256, 128), (100, 60), (90, 50, 120, 80))
    assert click.points.tolist() == [[36, 60]]
    assert box.box.tolist() == [26, 50, 56, 80]


def test_a_claim_about_the_masks_needs_the_limit_and_the_null():
    def rows(mask: float, null: float) -> list:
        logits = common.Row("", np.full(5, 0.2), "", np.full(5, 0.3))
        masks = common.Row("", np.full(5, mask), "", np.full(5, null))
        return [logits, masks, masks, masks] * 3

    hardly = "a window of 4 hardly changes the masks"
    assert window_sizes.claims(rows(0.01, 0.3))[hardly] == 1
    assert window_sizes.claims(rows(0.2, 0.3))[hardly] == -1
    assert window_sizes.claims(rows(0.01, 0.01))[hardly] == 0
    assert window_sizes.claims(rows(0.01, 0.3))["a window of 4 moves the logits"] == 1


def test_sources_name_the_files_without_their_folders(tmp_path):
    file = tmp_path / "mine.safetensors"
    file.write_bytes(b"")
    empty = "e3b0c44298fc"  # the SHA-256 of nothing
    said = common.sources(SimpleNamespace(weights=file, random_start=file))
    assert (
        said == f"Measured with mine.safetensors (SHA-256 {empty}) and mine.safetensors ({empty})."
    )


def test_a_levels_own_token_is_chosen_by_the_other_scenes():
    # Token 0 is never one. Token 2 is best in the sum of the others, but for the last scene:
    # without it tokens 1 to 3 have 0.6, 0.5 and 0.0.
    ious = np.array([[1, 0.3, 0.2, 0], [1, 0.3, 0.3, 0], [1, 0.0, 0.9, 0]])
    assert mask_tokens.own_token(ious).argmax(axis=1).tolist() == [2, 2, 1]


def test_a_levels_rows_compare_its_token_with_the_others_and_with_random_weights():
    ious = np.array([[0, 0.9, 0.3, 0.0]] * 5)
    rows = mask_tokens.level_rows("whole", ious, ious / 2)
    fits, against_random, best, best_of_random = rows
    assert (fits.values.mean(), fits.null.mean()) == (pytest.approx(0.9), pytest.approx(0.4))
    assert against_random.null.mean() == pytest.approx(0.45)
    assert (best.values.mean(), best.null.mean()) == (1, pytest.approx(1 / 3))
    assert best_of_random.null.mean() == 1
    assert [row.sign for row in rows] == [1, 1, 1, 0]


def row(value: float, null: float, measured: str = "", against: str = ""):
    return common.Row(measured, np.full(5, value), against, np.full(5, null))


def test_what_a_prompt_loses_without_an_encoding_is_said_for_each_by_itself():
    without = {"without the added": 0.5, "without the relative": 0.9}
    rows = [
        row(0.7, without.get(name, 0.7), f"{prompt}: true IoU", name)
        for prompt in encodings_removed.PROMPTS
        for name in (*encodings_removed.WITHOUT, "without any block")
    ]
    rows += [
        row(0.7, 0.2 if name == "as trained" else 0.7, f"a click, {name}: true IoU",
            "tokens shuffled")
        for name in encodings_removed.VARIANTS
    ]  # fmt: skip

    found = encodings_removed.claims(rows)

    assert found["a click is answered worse without the added"] == 1
    assert found["a box is answered worse without the relative"] == -1
    assert found["a box is answered worse with the added the same everywhere"] == 0
    assert found["a click is answered worse without any block"] == 0
    assert found["shuffled tokens give a worse answer, as trained"] == 1
    assert not [name for name in found if "neither" in name]  # which nothing can change


def test_a_place_is_read_off_only_if_the_read_out_beats_the_control_and_the_middle():
    shares = [row(0.1, 0.0), row(0.2, 0.0), row(0.3, 0.0), row(0.4, 0.0)]
    readouts = [row(-0.1, -0.5), row(0.9, 0.0), row(0.5, 0.0), row(0.3, 0.0)]
    last = [row(2, 6), row(0.5, 0.3), row(0.3, 0.3)]

    found = place_in_tokens.claims([*shares, *readouts, *last])

    assert found["a part of the patches is due to place, before any encoding"] == 1
    assert found["that part has grown since positions were added"] == 1
    assert found["a place can be read off a patch"] == -1  # better than the control, below 0
    assert found["a place can be read off a token after the last block"] == 1
    assert found["it can be read off worse than when it was added"] == 1
    assert found["without the added encoding it can still be read off"] == 0


def test_the_leading_head_is_chosen_by_the_other_scenes():
    # Heads have 5, 2 and 3 in the sum; without the first scene it is 0, 2 and 2.5.
    shares = np.array([[[5, 0, 0.5]], [[0, 1, 1]], [[0, 1, 1.5]]])
    assert heads.leading(shares).tolist() == [0.5, 0, 0]


def test_tokens_of_an_object_are_those_that_it_covers_by_half():
    labels = np.zeros((4, 4), int)
    labels[0, 0] = labels[:2, 2] = 1  # a quarter of the first token, half of the one next to it
    assert heads.marked(case(labels), 2).tolist() == [[False, True], [False, False]]


def test_the_stages_are_held_against_one_click_by_hand_and_wrong_masks():
    figures = data_engine.StageFigures(
        done=np.array([[0, 0.25, 0.5]] * 5),
        done_filled=np.array([[0.5, 0.5, 0.75]] * 5),
        iou=np.array([[0.6, 0.5]] * 5),
        clicks=np.array([[1.75, 0.75]] * 5),
        regions=np.array([[0.5, 0.75, 0.5]] * 5),
        masks=np.array([[4.0, 3.0, 9.0, 6.0, 4.0]] * 5),
    )
    rows = data_engine.rows_of(figures, 0.9)
    assert [(row.values[0], row.null[0]) for row in rows] == [
        (0.5, 0.25), (0.5, 0.6), (0.75, 1.75), (3, 1), (0.5, 0.75), (4, 5),
    ]  # fmt: skip
    # Fewer clicks are a gain; of the automatic masks more are wrong.
    assert list(data_engine.claims(rows * 2).values())[:5] == [1, -1, 1, 1, -1]


def test_the_two_answers_of_a_conflict_are_of_one_size_and_share_the_clicked_half():
    labels = np.zeros((64, 64), int)
    labels[22:42, 20:44] = 1
    drawn = shape_or_texture.conflict(case(labels, (25, 30)))
    assert drawn.near[30, 25]
    np.testing.assert_array_equal(drawn.shape, labels == 1)
    assert drawn.near.sum() == pytest.approx(drawn.far.sum(), rel=0.15)
    assert drawn.around.sum() == pytest.approx(drawn.far.sum(), rel=0.4)
    assert not (drawn.around & drawn.shape).any()
    np.testing.assert_array_equal(drawn.near & drawn.texture, drawn.near)
    # Two colours in the clicked texture, wherever it lies, and others in the other half.
    clicked = {tuple(each) for each in drawn.bare[drawn.texture]}
    others = {tuple(each) for each in drawn.bare[drawn.far]}
    assert clicked.isdisjoint(others)
    assert not drawn.bare[~(drawn.shape | drawn.texture)].any()  # the background as it was
    assert {tuple(each) for each in drawn.plain[drawn.near]} <= clicked | {shape_or_texture.INK}
    # The line lies along the outline alone.
    inked = (drawn.image == shape_or_texture.INK).all(axis=-1)
    assert inked[22, 30]
    assert not inked[30, 30]
    np.testing.assert_array_equal((drawn.image != drawn.bare).any(axis=-1), inked)


def test_pairs_of_a_conflict_are_equally_far():
    near, far, around = (np.zeros((1, 9), bool) for _ in range(3))
    near[0, 4], far[0, [2, 6]], around[0, [0, 6, 8]] = True, True, True
    far[0, 6] = False
    assert shape_or_texture.alike_pairs(near, far, around) == ([4], [2], [6])
    around[0, 6] = False
    assert shape_or_texture.alike_pairs(near, far, around) == ([], [], [])


def test_a_token_is_within_a_region_that_has_most_of_it():
    region = np.zeros((8, 8), bool)
    region[:4, :3], region[4:, 4:] = True, True
    np.testing.assert_array_equal(
        shape_or_texture.within(region, (2, 2)), [[True, False], [False, True]]
    )


def test_the_nearest_other_object_is_the_one_with_the_greatest_cosine():
    vectors = np.array([[1.0, 0.1], [5.0, 0.0], [0.0, 1.0], [0.0, -3.0]])
    labels = ["car", "car", "tree", "car"]
    # 0 and 1 find each other; the tree finds 0, which is no tree; and 3 finds 1, at right angles.
    assert likeness.found(vectors, labels).tolist() == [1, 1, 0, 1]
    assert likeness.by_chance(labels).tolist() == pytest.approx([2 / 3, 2 / 3, 0, 2 / 3])


def test_an_object_has_a_texture_if_half_of_it_is_painted_so(monkeypatch):
    labels = np.zeros((8, 8), int)
    labels[:, :4] = 1
    textures = np.zeros((8, 8), np.uint8)
    textures[:4, :4], textures[:, 4:] = list(likeness.KINDS).index("dots") + 1, 1
    drawn = lambda *given: (None, textures)  # noqa: E731
    monkeypatch.setattr(likeness, "compose_with_textures", drawn)
    assert likeness.texture_of(case(labels)) == "dots"
    textures[3, 3] = 0  # a pixel less than half
    assert likeness.texture_of(case(labels)) == ""
    assert likeness.is_large(case(labels), 4)  # eight of sixteen tokens
    assert not likeness.is_large(case(labels), 2)  # two of four


def test_each_claim_of_likeness_is_that_of_its_row():
    more, less = np.ones(6), np.zeros(6)
    rows = [
        likeness.Row("same kind, embedding", more, likeness.CHANCE, less),
        likeness.Row("same kind, image tokens", less, likeness.COLOUR, more),
    ]
    assert likeness.claims(rows) == {
        "by the embedding, the most alike object is of the same kind more often than any other "
        "object": 1,
        "by the image tokens, the most alike object is of the same kind more often than the object "
        "that is nearest in colour": -1,
    }


def test_each_factor_is_in_one_family():
    assert sorted(name for family in units.FAMILIES.values() for name in family) == sorted(
        units.FACTORS
    )


def test_a_unit_counts_for_the_family_of_its_best_factor_beyond_chance():
    iou, chance = np.zeros((2, 2, len(units.FACTORS)))
    boundary, dots = map(units.FACTORS.index, ("boundary", "dots"))
    iou[0, [boundary, dots]], chance[0, [boundary, dots]] = (0.3, 0.2), (0.2, 0.05)
    iou[1, boundary] = 0.1
    fit = units.Fit(iou, chance, iou)
    assert units.fits_best(fit, units.FAMILIES["textures"]).tolist() == [1, 0]
    assert units.fits_best(fit, units.FAMILIES["objects, parts and boundaries"]).tolist() == [0, 1]


def test_each_claim_of_units_is_that_of_its_row():
    more, less = np.ones(6), np.zeros(6)
    rows = [
        units.Row("neurons of block 3: best IoU beyond chance", more, units.SHUFFLED, less),
        units.Row("heads of all blocks: those that fit places best", less, units.SHUFFLED, more),
    ]
    assert units.claims(rows) == {
        "the neurons of block 3 fit some factor better than with shuffled weights": 1,
        "more of the heads of all blocks fit places best than with shuffled weights": -1,
    }


def test_each_order_of_blocks_is_judged_by_itself_and_so_are_pairs_of_changes():
    rows = [
        row(0.8, 0.5, "a click: true IoU", "block 0 left out"),
        row(0.8, 0.8, "a click: true IoU", "block 1 run twice"),
        row(0.6, 0.5, "true IoU, a block swapped with the next", "a block left out"),
        row(0.6, 0.7, "true IoU, a block swapped with the next", "a block run twice"),
    ]
    assert block_order.claims(rows) == {
        "a click is answered worse with block 0 left out": 1,
        "a click is answered worse with block 1 run twice": 0,
        "a block swapped with the next costs less than a block left out": 1,
        "a block swapped with the next costs less than a block run twice": -1,
    }


@pytest.mark.parametrize(
    ("without", "as_much", "others", "needs"),
    [
        (0.5, 0.7, 0.8, 1),  # it loses more than in both controls
        (0.5, 0.7, 0.5, 0),  # than in one of them
        (0.5, 0.4, 0.3, -1),  # less than in both
        (0.8, 0.9, 0.9, 0),  # it loses nothing
    ],
)
def test_a_mask_needs_directions_if_it_loses_more_than_in_both_controls(
    without, as_much, others, needs
):
    name = "kind, block 3: true IoU"
    rows = [
        row(0.8, without, f"{name} as it is", "without what is read"),
        row(as_much, without, f"{name}, {removed_directions.AS_MUCH}", "without what is read"),
        row(others, without, f"{name}, {removed_directions.OTHERS}", "without what is read"),
    ]
    assert removed_directions.claims(rows) == {
        "a click needs what tells \u201ckind\u201d after block 3": needs
    }
