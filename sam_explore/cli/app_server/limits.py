"""How much a page may send."""

from ...app_limits import MOST_UPLOADED_BYTES

MOST_MESSAGE = MOST_UPLOADED_BYTES + 2**20  # what stands around a file
