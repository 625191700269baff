"""The map in a session: follows clicks, unfolds, and lists exhibits."""

from dataclasses import replace

import pytest

from sam_explore import probes
from sam_explore.course import network_map
from sam_explore.course.network.map_canvas import _CHANGED, _MARKS, _TENSORS
from sam_explore.geometry import Prompts
from sam_explore.model import Sam

from ...widgets.screen import front_end_sets, send


@pytest.fixture
def session(image, open_session):
    session = open_session(image)
    session.add_point((20, 20))
    return session


@pytest.fixture
def view(session, screen):
    with network_map(session) as view:
        yield view


def middle(view, name: str) -> tuple[float, float]:
    x, y = view._canvas.layout.box_of(name).middle
    return 2 * x, 2 * y


def click(view, name: str) -> None:
    send(view._canvas.canvas, "mouse_down", *middle(view, name))


def outlined(view, screen) -> int:
    commands = screen.drawn(view._canvas.canvas[_CHANGED])
    return [name for name, _ in commands].count("strokeRect")


def test_every_box_has_its_tensor_and_nothing_is_outlined_at_first(view, screen):
    assert not view.error
    assert view.words.startswith("All ")
    # A mask hint is not in this run; everything else that is shown is.
    shown = {box.part.hook for box in view._canvas.layout.shown}
    assert len(view.reading.maps) == len(shown) - 1
    drawn = [name for name, _ in screen.drawn(view._canvas.canvas[_TENSORS])]
    assert drawn.count("drawImage") == len(view._canvas.layout.shown) - 1
    assert outlined(view, screen) == 0


def test_a_click_lights_up_the_decoder_and_leaves_the_encoder(view, screen, session):
    session.prompts = Prompts(points=[(40, 40)])
    assert view.changed == ("prompts", "prepare", "layer 0", "layer 1", "read", "answer")
    lit = [box for box in view._canvas.layout.shown if not box.part.name.startswith("image_enc")]
    still = {"picture", "mask hint", "mask_decoder.mask_hint_encoder"}
    assert outlined(view, screen) == len([box for box in lit if box.part.name not in still])
    session.windows = [2, 0]
    assert view.changed[0] == "block 0"
    assert not view.error


def test_the_page_gets_only_the_pictures_that_are_new(view, session):
    told = []
    for sheet, _ in view._canvas._sheets:
        sheet.observe(told.append, "value")
    session.threshold = 1.0
    assert told == []
    session.prompts = Prompts(points=[(40, 40)])
    decoder = [box for box in view._canvas.layout.shown if "image_encoder" not in box.part.name]
    assert 0 < len(told) <= len(decoder)


def test_pointing_tells_where_a_tensor_comes_from_and_goes_to(view, screen):
    send(view._canvas.canvas, "mouse_move", *middle(view, "image_encoder.channel_projection"))
    words = view._canvas.value.value
    assert "Computed from: stage 1: blocks 0 to 1." in words
    assert "Read by: image in of mask decoder." in words
    assert "channel 32, row 4, column 4." in words
    lines = [name for name, _ in screen.drawn(view._canvas.canvas[_MARKS])]
    assert lines.count("strokeLines") == 4  # a line and its halo, for one source and one target
    send(view._canvas.canvas, "mouse_out")
    assert "Point at a box" in view._canvas.value.value


def test_a_click_unfolds_in_place_and_folds_again(view):
    click(view, "image_encoder.vit.stages.0")
    assert view._canvas.layout.box_of("image_encoder.vit.blocks.0") is not None
    click(view, "image_encoder.vit.blocks.0")
    click(view, "image_encoder.vit.blocks.0.attention")
    pattern = "image_encoder.vit.blocks.0.attention.hook_pattern"
    assert pattern in {one.title for one in view.reading.maps}
    assert not view.error
    click(view, "image_encoder.vit.stages.0")  # the header of its frame
    assert view._canvas.layout.box_of("image_encoder.vit.blocks.0") is None


def test_a_tensor_lists_its_exhibits_and_opens_one_at_its_block(view):
    view.unfold("block 1")
    click(view, "image_encoder.vit.blocks.1.hook_residual_post")
    assert 'session.trace["image_encoder.vit.blocks.1.hook_residual_post"]' in (
        view._panel._words.value.replace("&quot;", '"')
    )
    names = [label for label, _ in view._panel.list.options]
    index = next(i for i, label in enumerate(names) if "(BlockChannel)" in label)
    front_end_sets(view._panel.list, index=index)
    assert isinstance(view.exhibit.probe, probes.BlockChannel)
    assert view.exhibit.probe.block == 1
    first = view.exhibit
    view.open_exhibit(probes.RawLogits)
    assert not first._open


def test_keys_go_from_box_to_box_and_unfold(view):
    area = view._canvas.area
    assert len(area.stops) == len(view._canvas.layout.boxes)
    at = middle(view, "image_encoder.vit.stages.0")
    send(view._canvas.canvas, "key", *at, name="move", corner=None)
    assert area.news.startswith("Stage 1: blocks 0 to 1")
    send(view._canvas.canvas, "key", *at, name="enter", corner=None)
    assert "image_encoder.vit.stages.0" in view.unfolded


def test_a_part_can_be_pointed_at_and_shown_alone(view):
    view.show_only(["block 1"])
    assert view.unfolded == {
        "", "image_encoder", "image_encoder.vit", "image_encoder.vit.stages.0",
        "image_encoder.vit.blocks.1",
    }  # fmt: skip
    view.point_at("image_encoder.vit.blocks.1.hook_norm1")
    assert "Norm1: what attention reads" in view._canvas.value.value
    view.point_at(None)
    assert "Point at a box" in view._canvas.value.value


def test_a_page_without_a_kernel_gets_a_picture_and_a_sentence(view):
    data, about = view.still()
    assert data["image/png"][:4] == b"\x89PNG"
    assert data["text/plain"] == view.words == about["image/png"]["alt"]


def test_everything_is_drawn_again_after_a_reload(view, screen, session):
    session.prompts = Prompts(points=[(40, 40)])
    before = outlined(view, screen)
    screen.reload()
    send(view._canvas.canvas, "client_ready")
    assert outlined(view, screen) == before > 0


def test_what_is_asked_for_wrongly_is_said(session):
    with pytest.raises(ValueError, match="no part that is called 'stge 1'"):
        network_map(session, unfold=["stge 1"])
    with pytest.raises(ValueError, match="width must be at least 480"):
        network_map(session, width=100)


def test_no_prompt_and_another_picture_are_drawn_too(view, session, image):
    session.clear()
    assert not view.error
    session.image = image[::-1, :48]
    assert not view.error
    assert view.changed[0] == "embed"
    session.add_point((10, 10))
    assert not view.error


def test_another_model_draws_its_own_network(view, session):
    view.unfold("stage 1")
    config = replace(session.sam.config, encoder_depth=4, global_blocks=(1, 3), mask_tokens=2)
    session.sam = Sam(config).eval()
    assert not view.error
    assert len(view.network.parts["image_encoder.vit"].parts) == 2
    assert "image_encoder.vit.stages.0" in view.unfolded
    assert view.reading is not None


def test_a_closed_map_hears_nothing_any_more(session, screen):
    view = network_map(session)
    view.open_exhibit(probes.RawLogits)
    view.close()
    before = screen.batches
    session.prompts = Prompts(points=[(40, 40)])
    assert screen.batches == before


def test_the_map_follows_when_logits_are_no_longer_fed_back(view, session):
    session.add_point((40, 40), 0)
    session.feeds_back = False
    assert view.changed == ("prompts", "prepare", "layer 0", "layer 1", "read", "answer")
    assert view._runner.answered[1] is session.trace
