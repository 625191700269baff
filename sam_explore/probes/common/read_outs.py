"""Read-outs: what a weighted sum of channels, or of products of channels, says of tokens.

All are ridge regressions in closed form, of 1 for the right answer and -1 for every other.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sam_explore.read_only import ReadOnlyArrays

RIDGE = 0.1  # of the variance of a feature, added to each
PAIR_DIRECTIONS = 32  # at most, along which two tokens are compared
_SMALLEST = 1e-9

Vectors = Float[np.ndarray, "example channel"]
Answers = Int[np.ndarray, "example"]


@dataclass(frozen=True, eq=False)
class Asked:
    """Tokens, or pairs of them, with their answers.

    Args:
        first: the tokens.
        second: the other token of each pair; the same where a question is about one token.
        answers: the number of the right answer.
    """

    first: Vectors
    second: Vectors
    answers: Answers


@dataclass(frozen=True, eq=False)
class ReadOut(ReadOnlyArrays):
    """A learned read-out.

    Args:
        form: "token", "pair" or "order"; see `features`.
        centre, spread: of each channel among the tokens that it was learned from.
        directions: along which two tokens are compared, in channels divided by their spread, the
            most telling first; None for the forms other than "pair", which take each channel.
        weights, bias: of the features, for each answer.
    """

    form: str
    centre: Float[np.ndarray, "channel"]
    spread: Float[np.ndarray, "channel"]
    directions: Float[np.ndarray, "channel direction"] | None
    weights: Float[np.ndarray, "feature answer"]
    bias: Float[np.ndarray, "answer"]

    def scores(self, first: Vectors, second: Vectors) -> Float[np.ndarray, "example answer"]:
        """About 1 for the answer that it reads and -1 for others; `second` as in `Asked`."""
        one, other = ((each - self.centre) / self.spread for each in (first, second))
        if self.directions is not None:
            one, other = one @ self.directions, other @ self.directions
        return features(self.form, one, other) @ self.weights + self.bias

    def right(self, asked: Asked) -> float:
        """The share of the questions that it answers rightly."""
        said = self.scores(asked.first, asked.second).argmax(axis=1)
        return float((said == asked.answers).mean())

    @property
    def channels(self) -> Float[np.ndarray, "channel direction"]:
        """The directions in channels that it reads, the most telling first, each of length 1.

        They are at right angles. Tokens that don't differ along them are all the same to it.
        """
        if self.directions is not None:
            return _at_right_angles(self.directions / self.spread[:, None])
        read = self.weights / self.spread[:, None]
        return _at_right_angles(read @ _telling(read))


def features(
    form: str, one: Float[np.ndarray, "example d"], other: Float[np.ndarray, "example d"]
) -> Float[np.ndarray, "example feature"]:
    """What is weighted.

    Of a "token" its own numbers; of a "pair" the product and the mean square along each direction,
    which is the same the other way round; of an "order" the difference, which is the opposite.
    """
    if form == "token":
        return one
    if form == "order":
        return one - other
    return np.concatenate([one * other, (one**2 + other**2) / 2], axis=1)


def learn(form: str, asked: Asked, answers: int) -> ReadOut:
    """A read-out by ridge regression.

    Args:
        form: "token", "pair" or "order".
        asked: questions with their answers.
        answers: how many there are.
    """
    first, second = asked.first.astype(float), asked.second.astype(float)
    both = np.concatenate([first, second])
    centre, spread = both.mean(axis=0), both.std(axis=0)
    spread = np.where(spread > _SMALLEST * (1 + np.abs(centre)), spread, 1.0)
    one, other = ((each - centre) / spread for each in (first, second))
    directions = None
    if form == "pair":
        directions = telling_directions(one - other, asked.answers > 0)
        one, other = one @ directions, other @ directions
    found = features(form, one, other)
    wanted = np.where(asked.answers[:, None] == np.arange(answers), 1.0, -1.0)
    weights, bias = _ridge(found, wanted)
    return ReadOut(form, centre, spread, directions, weights, bias)


def telling_directions(
    differences: Vectors, same: Bool[np.ndarray, "example"]
) -> Float[np.ndarray, "channel direction"]:
    """Where tokens of different things differ most, for how much those of the same do.

    They are generalised eigenvectors of the two mean squares, as in Fisher's discriminant. Along
    each, tokens of the same differ by 1 in the mean square.
    """
    channels = differences.shape[1]
    within, between = (
        each.T @ each / max(len(each), 1) for each in (differences[same], differences[~same])
    )
    size = max(float(np.trace(within)) / channels, _SMALLEST)
    root = np.linalg.cholesky(within + RIDGE * size * np.eye(channels))
    inverse = np.linalg.inv(root)
    _, vectors = np.linalg.eigh(inverse @ between @ inverse.T)
    return (inverse.T @ vectors[:, ::-1])[:, :PAIR_DIRECTIONS]


def without_directions(
    vectors: Vectors, centre: Float[np.ndarray, "channel"], gone: Float[np.ndarray, "channel d"]
) -> Vectors:
    """What is left when none differs from the centre along some directions at right angles."""
    return vectors - (vectors - centre) @ gone @ gone.T


def directions_to_remove(
    form: str, asked: Asked, answers: int, count: int
) -> Float[np.ndarray, "channel direction"]:
    """Directions of read-outs, each learned after those of the ones before were removed.

    Args:
        form, asked, answers: as in `learn`.
        count: how many; no more than there are channels.

    Source: iterative null-space projection (arXiv 2004.07667).
    """
    centre = asked.first.mean(axis=0)
    gone = np.zeros((asked.first.shape[1], 0))
    while gone.shape[1] < min(count, gone.shape[0]):
        first, second = (
            without_directions(each, centre, gone) for each in (asked.first, asked.second)
        )
        read = learn(form, Asked(first, second, asked.answers), answers).channels
        before = gone.shape[1]
        gone = _at_right_angles(np.concatenate([gone, read], axis=1))[:, :count]
        if gone.shape[1] == before:  # nothing more to read
            break
    return gone


def _ridge(
    found: Float[np.ndarray, "example feature"], wanted: Float[np.ndarray, "example answer"]
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the features and a bias, where each feature counts in its standard deviations."""
    centre, spread, mean = found.mean(axis=0), found.std(axis=0), wanted.mean(axis=0)
    spread = np.where(spread > _SMALLEST * (1 + np.abs(centre)), spread, 1.0)
    scaled = (found - centre) / spread
    products = scaled.T @ scaled / len(scaled) + RIDGE * np.eye(scaled.shape[1])
    weights = np.linalg.solve(products, scaled.T @ (wanted - mean) / len(scaled))
    weights = weights / spread[:, None]
    return weights, mean - centre @ weights


def _telling(read: Float[np.ndarray, "channel answer"]) -> Float[np.ndarray, "answer direction"]:
    """Mixtures of the answers' directions, the longest first."""
    return np.linalg.svd(read, full_matrices=False)[2].T


def _at_right_angles(
    vectors: Float[np.ndarray, "channel d"],
) -> Float[np.ndarray, "channel direction"]:
    """An orthonormal basis in the same order; what adds nothing new is left out."""
    kept: list[np.ndarray] = []
    least = 1e-6 * np.linalg.norm(vectors, axis=0).max(initial=0)
    for vector in vectors.T:
        for each in kept:
            vector = vector - each * (each @ vector)
        if (length := np.linalg.norm(vector)) > least:
            kept.append(vector / length)
    return np.stack(kept, axis=1) if kept else np.zeros((vectors.shape[0], 0))
