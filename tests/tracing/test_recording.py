"""Recording: which hook points a pattern means, what is kept, and that nothing stays attached."""

import pytest
import torch

from sam_explore.model import Sam
from sam_explore.tracing import channel, edit, norm, record, zero
from sam_explore.tracing.recording import find_hooks

from ..small import small_sam

BLOCKS = "image_encoder.vit.blocks"
POST = BLOCKS + ".{}.hook_residual_post"


@pytest.fixture(scope="module")
def sam():
    return small_sam()


@pytest.fixture
def run(sam):
    """Runs the image encoder on the same picture."""
    image = torch.randn(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))

    def run() -> torch.Tensor:
        with torch.no_grad():
            return sam.encode_image(image)

    return run


def attached_to(sam: Sam) -> list[str]:
    return [name for name, module in sam.named_modules() if module._forward_hooks]


def test_a_recorded_tensor_is_the_one_that_came_past(sam, run):
    with record(sam, "image_encoder.channel_projection.hook_out") as recorded:
        assert recorded == {}
        tokens = run()
    assert list(recorded) == ["image_encoder.channel_projection.hook_out"]
    assert torch.equal(recorded["image_encoder.channel_projection.hook_out"], tokens)


def test_the_last_run_is_kept(sam, run):
    with record(sam, POST.format(0)) as recorded:
        sam.image_encoder(torch.zeros(1, 3, 40, 40))
        run()
    with record(sam, POST.format(0)) as again:
        run()
    assert torch.equal(recorded[POST.format(0)], again[POST.format(0)])


def test_a_star_is_one_part_of_a_name_and_two_are_any_number():
    def names(*patterns: str) -> list[str]:
        return [hook.name for hook in find_hooks(sam, patterns)]

    sam = small_sam()
    assert names(POST.format("*")) == [POST.format(block) for block in range(4)]
    assert names("image_encoder.*.hook_out") == [
        "image_encoder.patch_embedding.hook_out",
        "image_encoder.channel_projection.hook_out",
    ]
    assert set(names("image_encoder.**.hook_out")) > set(names("image_encoder.*.hook_out"))
    assert names("**") == list(sam.hook_points)
    # A hook point that several patterns mean comes once, and a dot is a dot.
    assert names(POST.format(1), POST.format("*"))[0] == POST.format(1)
    assert len(names(POST.format(1), POST.format("*"))) == 4
    with pytest.raises(ValueError, match="No hook point"):
        names("image_encoder.vit.blocks.0xhook_residual_post")


@pytest.mark.parametrize(
    ("wrong", "close"),
    [
        ("image_encoder.vit.blocks.0.hook_residual_past", POST.format(0)),
        (POST.format(12), POST.format(0)),
        # Of the block that was asked for, if there is one, and with the right number at the end.
        ("image_encoder.vit.blocks.3.attention.queries", f"{BLOCKS}.3.attention.hook_q"),
        ("image_encoder.blocks.2.hook_residual_pos", POST.format(2)),
        (f"{BLOCKS}.1.norm2", f"{BLOCKS}.1.hook_norm2"),
        (f"{BLOCKS}.*.hook_residual_past", POST.format(0)),
        ("image_encoder.blocks.*.hook_residual_post", POST.format(0)),
        ("mask_decoder.iou_predictor.hook_iuo", "mask_decoder.iou_predictor.hook_iou"),
    ],
)
def test_an_unknown_name_is_refused_with_the_closest_ones(sam, wrong, close):
    with pytest.raises(ValueError, match="No hook point is called") as error, record(sam, wrong):
        pass
    assert close in str(error.value)
    assert not attached_to(sam)


def test_one_wrong_name_among_right_ones_attaches_nothing(sam):
    with pytest.raises(ValueError, match="'nonsense'"), record(sam, [POST.format(0), "nonsense"]):
        pass
    assert not attached_to(sam)


def test_hooks_are_gone_after_the_context_and_after_an_exception(sam, run):
    with record(sam, "**") as recorded:
        assert len(attached_to(sam)) == len(sam.hook_points)
    run()
    assert not recorded
    with pytest.raises(ZeroDivisionError), record(sam, "**"):
        raise ZeroDivisionError
    assert not attached_to(sam)


def test_hooks_are_gone_after_a_reduction_that_fails(sam, run):
    def fail(tensor, hook):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as error, record(sam, POST.format(2), fail):
        run()
    assert error.value.__notes__ == [f"This came from the reduction of {POST.format(2)}."]
    assert not attached_to(sam)


def test_recordings_nest(sam, run):
    with record(sam, POST.format(0)) as outer:
        with record(sam, POST.format("*"), norm) as inner:
            run()
        first = outer[POST.format(0)]
        run()
    assert list(inner) == [POST.format(block) for block in range(4)]
    assert torch.equal(first.norm(dim=-1), inner[POST.format(0)])
    assert outer[POST.format(0)] is not first


def test_reductions_happen_along_the_channel_axis_wherever_it_is(sam, run):
    first, last = POST.format(3), "image_encoder.channel_projection.hook_out"
    with record(sam, [first, last]) as whole:
        run()
    with record(sam, [first, last], norm) as norms:
        run()
    with record(sam, [first, last], channel(5)) as channels:
        run()
    torch.testing.assert_close(norms[first], whole[first].square().sum(-1).sqrt())
    torch.testing.assert_close(norms[last], whole[last].square().sum(1).sqrt())
    assert torch.equal(channels[first], whole[first][..., 5])
    assert torch.equal(channels[last], whole[last][:, 5])


def test_what_a_reduction_keeps_does_not_hold_the_whole_tensor(sam, run):
    with record(sam, POST.format(0), channel(5)) as recorded:
        run()
    assert recorded[POST.format(0)].untyped_storage().nbytes() == 4 * 5 * 5


def test_any_function_is_a_reduction(sam, run):
    with record(sam, POST.format("*"), lambda tensor, hook: (hook.name, tensor.ndim)) as recorded:
        run()
    assert recorded == {POST.format(block): (POST.format(block), 4) for block in range(4)}


def test_a_tensor_without_channels_has_no_norm(sam, run):
    name = "image_encoder.vit.blocks.0.attention.hook_pattern"
    with pytest.raises(ValueError, match=r"has no channel axis .* window, head, query, key"):  # noqa: SIM117
        with record(sam, name, norm):
            run()
    assert not attached_to(sam)


def test_recording_inside_an_edit_sees_what_was_edited(sam, run):
    with edit(sam, {POST.format(1): zero}), record(sam, POST.format(1)) as recorded:
        run()
    assert not recorded[POST.format(1)].any()


def test_recording_changes_nothing_but_the_form_of_attention(sam, run):
    plain = run()
    with record(sam, POST.format("*")):
        assert torch.equal(run(), plain)
    with record(sam, "**"):
        torch.testing.assert_close(run(), plain, rtol=1e-4, atol=1e-5)
