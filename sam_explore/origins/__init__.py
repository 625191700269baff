"""Where a number comes from: how each was computed, down to pixels and weights."""

from .derived import (
    address_of,
    cosine_of,
    length_of,
    mean_of,
    product_of,
    ratio_of_lengths,
    read_of,
    sum_of,
    there,
)
from .explaining import TraceValues, explain
from .of_picture import PICTURE, SCALED
from .operation import Operand, Operation, difference
from .rules import ALL, Source

__all__ = [
    "ALL",
    "PICTURE",
    "SCALED",
    "Operand",
    "Operation",
    "Source",
    "TraceValues",
    "address_of",
    "cosine_of",
    "difference",
    "explain",
    "length_of",
    "mean_of",
    "product_of",
    "ratio_of_lengths",
    "read_of",
    "sum_of",
    "there",
]
