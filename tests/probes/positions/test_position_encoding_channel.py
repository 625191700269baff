"""One channel of a table that is set by hand."""

import numpy as np
import torch

from sam_explore.probes import PositionEncodingChannel

from ...small import small_sam, small_trace


def test_it_is_that_channel_of_the_learned_table_row_by_row():
    sam = small_sam()
    table = np.zeros((1, 5, 5, 24))
    table[0, :, :, 3] = [[0, 1, 2, 3, 4]] * 5  # grows with the column
    table[0, 4, 0, 3] = -6
    sam.image_encoder.position_encoder.table.copy_(torch.tensor(table))

    reading = PositionEncodingChannel(channel=3)(small_trace(sam))

    np.testing.assert_array_equal(reading.values, table[0, :, :, 3])
    assert reading.values[0, 4] == 4
    assert (reading.scale.centre, reading.frame) == (0, "tokens")
    # The sum is 5 * 10 - 6 = 44, over 25 places.
    assert reading.words == (
        "Channel 3 of the position encodings goes from −6 to 4; its mean is 1.76."
    )


def test_it_reads_the_edited_encodings():
    trace = small_trace()
    double = trace.with_edit(
        "image_encoder.position_encoder.hook_encoding", lambda tensor, hook: 2 * tensor
    )
    once, twice = (PositionEncodingChannel(channel=5)(each).values for each in (trace, double))
    np.testing.assert_array_equal(twice, 2 * once)
