"""What is computed for questions and conclusions: functions of a session's state."""

from .attention import (
    global_block,
    listened_to,
    nearer_than_even,
    spreads,
    weight_on_padding,
    what_decides,
)
from .attribution import (
    click_moved_uphill,
    closest_order,
    order_with_shuffled_weights,
    rollout_of_shuffled_weights,
    smaller_steps,
)
from .automatic import (
    dropped_most_by,
    found_of_the_picture,
    grid_or_crops,
    missed_because,
)
from .cost import (
    four_times_the_tokens,
    huge_over_base,
    left_with_half_the_tokens,
    most_work,
    picture_over_click,
)
from .decoder import (
    detail_of_upscaling,
    looked_at,
    looked_at_first,
    looks_inside,
    needed_most,
    spared_channels,
    vectors_alike,
)
from .depth import adds_most, grown, needed_block, turned
from .fact import Fact
from .hints import click_or_hint, fed_back, hint_alone, zeros_are_no_hint
from .interventions import (
    left_without_one_head,
    left_without_spared_heads,
    patched_early_or_late,
    same_heads_by_two_numbers,
    spared_heads,
    zero_or_mean,
)
from .knowledge import foreground_read, kind_read, needs_what_is_read, same_object_read
from .learning import first_level, positions_or_heads, trained_mask
from .pictures import (
    alike_half_a_patch_on,
    kept_of_patches,
    loss_of_one_colour,
    pixels_a_patch,
    variance_within_patches,
)
from .positions import (
    common_to_all_places,
    least_missed,
    left_when_shuffled,
    left_without_added,
    likeness_of_places,
)
from .prompts import half_alike_at, least_noticed, place_or_kind, tokens_of_prompt
from .scores import (
    gained_by_choosing,
    guesses_are,
    guesses_by_levels,
    hidden_by_one_number,
    scores_of_this_click,
)
from .whole_run import numbers_on_the_way, steps_for_a_click
from .windows import (
    left_in_windows_everywhere,
    left_without_windows,
    pairs_saved,
    reaches_everywhere,
    seen_in_a_window,
)

__all__ = [
    "Fact",
    "adds_most",
    "alike_half_a_patch_on",
    "click_moved_uphill",
    "click_or_hint",
    "closest_order",
    "common_to_all_places",
    "detail_of_upscaling",
    "dropped_most_by",
    "fed_back",
    "first_level",
    "foreground_read",
    "found_of_the_picture",
    "four_times_the_tokens",
    "gained_by_choosing",
    "global_block",
    "grid_or_crops",
    "grown",
    "guesses_are",
    "guesses_by_levels",
    "half_alike_at",
    "hidden_by_one_number",
    "hint_alone",
    "huge_over_base",
    "kept_of_patches",
    "kind_read",
    "least_missed",
    "least_noticed",
    "left_in_windows_everywhere",
    "left_when_shuffled",
    "left_with_half_the_tokens",
    "left_without_added",
    "left_without_one_head",
    "left_without_spared_heads",
    "left_without_windows",
    "likeness_of_places",
    "listened_to",
    "looked_at",
    "looked_at_first",
    "looks_inside",
    "loss_of_one_colour",
    "missed_because",
    "most_work",
    "nearer_than_even",
    "needed_block",
    "needed_most",
    "needs_what_is_read",
    "numbers_on_the_way",
    "order_with_shuffled_weights",
    "pairs_saved",
    "patched_early_or_late",
    "picture_over_click",
    "pixels_a_patch",
    "place_or_kind",
    "positions_or_heads",
    "reaches_everywhere",
    "rollout_of_shuffled_weights",
    "same_heads_by_two_numbers",
    "same_object_read",
    "scores_of_this_click",
    "seen_in_a_window",
    "smaller_steps",
    "spared_channels",
    "spared_heads",
    "spreads",
    "steps_for_a_click",
    "tokens_of_prompt",
    "trained_mask",
    "turned",
    "variance_within_patches",
    "vectors_alike",
    "weight_on_padding",
    "what_decides",
    "zero_or_mean",
    "zeros_are_no_hint",
]
