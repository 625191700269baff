"""What is true of the tokens of drawn scenes, as questions with known answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

import numpy as np
from jaxtyping import Bool, Float, Int, Integer, UInt8

from sam_explore.scenes.composition import CLEAR, VARIED, Repertoire, compose_with_textures
from sam_explore.scenes.ground_truth import Scene
from sam_explore.scenes.kinds import BROAD_KINDS, broad_kind, name_of
from sam_explore.scenes.layouts import flock

# Exams and the choice of their limits draw below this seed, and training from 1,000,000 on.
FIRST_SEED = 900_000
SIDE = 256  # pixels of a scene
_MOST = 256  # examples of a scene
_EDGE = 0.1  # of a token, that each side of a boundary must have
_AS_FAR = 0.5  # tokens, by which two distances may differ that count as the same
_SEEDS, _SEEDS_A_SCENE = 100, 4  # that are searched for scenes
_WORLDS: dict[str, Repertoire] = {
    "varied": VARIED,
    "clear": CLEAR,
    "flocks": replace(VARIED, arrange=flock),
}

Grid = tuple[int, int]
Tokens = Int[np.ndarray, "token"]


@dataclass(frozen=True, eq=False)
class Examples:
    """Questions about the tokens of one scene, with their answers.

    Args:
        first: number of a token, counted row by row.
        second: the other token of a pair; the same one where the question is about one token.
        answers: the number of the right answer.
    """

    first: Tokens
    second: Tokens
    answers: Tokens


@dataclass(frozen=True, eq=False)
class TokenTruth:
    """What has most pixels of each token of a scene, counted row by row; 0 where that is nothing.

    Args:
        image: the picture.
        grid: rows and columns of tokens.
        objects: number of the whole object, from 1; a greater one is drawn later, in front.
        parts: number of the part, from 1.
        textures: number of the texture, from 1.
        on_edge: whether two of objects and background have a tenth of its pixels each, or more.
        names: the regions' names, in the order of the numbers.
        touching: pairs of objects of which a token has pixels of both.
        seed: of what is drawn by chance.
    """

    image: UInt8[np.ndarray, "height width 3"]
    grid: Grid
    objects: Tokens
    parts: Tokens
    textures: Tokens
    on_edge: Bool[np.ndarray, "token"]
    names: tuple[str, ...]
    touching: frozenset[tuple[int, int]]
    seed: int


@dataclass(frozen=True)
class Fact:
    """A question about a token or a pair of tokens.

    Args:
        asks: in words, after "whether" or "which".
        form: "token"; "pair", which is the same the other way round; or "order", which is the
            opposite.
        answers: their names, in order. Of two, the second is "yes".
        examples: the questions that a scene gives.
        drawn_from: the kind of scenes, one of _WORLDS.
    """

    asks: str
    form: str
    answers: tuple[str, ...]
    examples: Callable[[TokenTruth], Examples]
    drawn_from: str = "varied"


Asked = tuple[tuple[TokenTruth, Examples], ...]


@lru_cache(maxsize=16)
def asked_scenes(name: str, grid: Grid, count: int) -> Asked:
    """The first scenes in which a fact can be asked, and the questions; always the same ones.

    They are fewer where the grid is so coarse that hardly any scene shows it.

    Args:
        name: one of FACTS.
        grid: rows and columns of tokens, which the scene fills.
        count: how many scenes, two or more.

    Raises:
        ValueError: not even two such scenes are found.
    """
    found = tuple(islice(_asked(FACTS[name], grid, _SEEDS + _SEEDS_A_SCENE * count), count))
    if len(found) < 2:
        raise ValueError(
            f"{len(found)} drawn scenes on a grid of {grid[0]} x {grid[1]} tokens show "
            f"{FACTS[name].asks}, but two are needed. Take a larger input, or another fact."
        )
    return found


def token_truth(
    scene: Scene, textures: UInt8[np.ndarray, "height width"], grid: Grid, seed: int = 0
) -> TokenTruth:
    """What is true of the tokens of a scene that fills the grid."""
    wholes = _shares(scene.labels[0], grid)
    ranked = np.sort(wholes, axis=1)
    pairs = np.argwhere(_together(wholes[:, 1:]))
    return TokenTruth(
        scene.image,
        grid,
        wholes.argmax(axis=1),
        _shares(scene.labels[1], grid).argmax(axis=1),
        _shares(textures, grid).argmax(axis=1),
        ranked[:, -2] >= _EDGE if ranked.shape[1] > 1 else np.zeros(len(ranked), bool),
        tuple(region.name for region in scene.regions),
        frozenset((int(a) + 1, int(b) + 1) for a, b in pairs if a != b),
        seed,
    )


def _asked(fact: Fact, grid: Grid, seeds: int) -> Iterator[tuple[TokenTruth, Examples]]:
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        truth = drawn(fact.drawn_from, seed, grid)
        examples = fact.examples(truth)
        if len(examples.answers):
            yield truth, examples


@lru_cache(maxsize=128)
def drawn(world: str, seed: int, grid: Grid) -> TokenTruth:
    """What is true of the tokens of one drawn scene; the same every time.

    Args:
        world: the kind of scenes: "varied", "clear" or "flocks".
        seed: from FIRST_SEED on, so that nothing was trained or examined on it.
        grid: rows and columns of tokens, which the scene fills.
    """
    return token_truth(*compose_with_textures(_WORLDS[world], seed, SIDE), grid, seed)


def token_of_pixels(size: tuple[int, ...], grid: Grid) -> Int[np.ndarray, "height width"]:
    """The number of the token that each pixel belongs to, of a picture that fills the grid.

    Args:
        size: height and width of the picture.
        grid: rows and columns of tokens, which are counted row by row.
    """
    rows, columns = (
        np.arange(length) * cells // length for length, cells in zip(size, grid, strict=True)
    )
    return rows[:, None] * grid[1] + columns


def _shares(
    labels: Integer[np.ndarray, "height width"], grid: Grid
) -> Float[np.ndarray, "token label"]:
    """The share of each token's pixels that each label has."""
    token = token_of_pixels(labels.shape, grid)
    count, tokens = int(labels.max()) + 1, grid[0] * grid[1]
    both = np.bincount((token * count + labels).ravel(), minlength=tokens * count)
    pixels = np.bincount(token.ravel(), minlength=tokens)
    return both.reshape(tokens, count) / np.maximum(pixels, 1)[:, None]


def _together(shares: Float[np.ndarray, "token object"]) -> Bool[np.ndarray, "object object"]:
    """Which objects have pixels in one token."""
    here = (shares > 0).astype(int)
    return here.T @ here > 0


def _of_tokens(truth: TokenTruth, tokens: Tokens, answers: Tokens) -> Examples:
    """Examples of one token each, at most as many as are taken of a scene."""
    chance = np.random.default_rng(truth.seed)
    chosen = chance.permutation(len(tokens))[:_MOST]
    return Examples(tokens[chosen], tokens[chosen], answers[chosen])


def _foreground(truth: TokenTruth) -> Examples:
    return _of_tokens(truth, np.arange(len(truth.objects)), (truth.objects > 0).astype(int))


def _boundary(truth: TokenTruth) -> Examples:
    return _of_tokens(truth, np.arange(len(truth.objects)), truth.on_edge.astype(int))


def _kind(truth: TokenTruth) -> Examples:
    on = np.flatnonzero(truth.objects)
    kinds = [BROAD_KINDS.index(broad_kind(truth.names[o - 1])) for o in truth.objects[on]]
    return _of_tokens(truth, on, np.array(kinds, int))


def _texture(truth: TokenTruth) -> Examples:
    return _of_tokens(truth, np.arange(len(truth.objects)), (truth.textures > 0).astype(int))


def _pairs(
    truth: TokenTruth,
    picked: Tokens,
    same: Callable[[int], Bool[np.ndarray, "token"]],
    other: Callable[[int], Bool[np.ndarray, "token"]],
) -> Examples:
    """As many pairs of the same as of others, and as far from one another.

    Near tokens are alike and mostly of one object: without the same distances, nearness would be
    the answer.

    Args:
        picked: the first tokens to choose from.
        same, other: which tokens have the one answer or the other with a first one.
    """
    chance = np.random.default_rng(truth.seed)
    places = np.stack(np.divmod(np.arange(len(truth.objects)), truth.grid[1]), axis=1)
    first: list[int] = []
    second: list[int] = []
    for token in chance.permutation(np.resize(picked, _MOST)) if len(picked) else ():
        ours, others = same(token).copy(), np.flatnonzero(other(token))
        ours[token] = False
        near = np.flatnonzero(ours)
        if not len(near) or not len(others):
            continue
        one = chance.choice(near)
        away = np.linalg.norm(places - places[token], axis=1)
        as_far = others[np.abs(away[others] - away[one]) <= _AS_FAR]
        if len(as_far):
            first += [token, token]
            second += [int(one), int(chance.choice(as_far))]
    answers = np.tile([1, 0], len(first) // 2)
    return Examples(*(np.array(each[:_MOST], int) for each in (first, second, answers)))


def _pairs_by_object(
    truth: TokenTruth, among: Callable[[int], Bool[np.ndarray, "token"]]
) -> Examples:
    """Pairs of one object, and pairs that are not; `among` says where the other token may be."""
    objects = truth.objects
    return _pairs(
        truth,
        np.flatnonzero(objects),
        lambda token: objects == objects[token],
        lambda token: (objects != objects[token]) & among(token),
    )


def _same_object(truth: TokenTruth) -> Examples:
    return _pairs_by_object(truth, lambda token: np.ones(len(truth.objects), bool))


def _same_of_two_objects(truth: TokenTruth) -> Examples:
    """Both tokens lie on objects: that a token is no background tells nothing here."""
    return _pairs_by_object(truth, lambda token: truth.objects > 0)


def _same_of_its_kind(truth: TokenTruth) -> Examples:
    names = np.array(["", *map(name_of, truth.names)])[truth.objects]
    return _pairs_by_object(truth, lambda token: names == names[token])


def _same_part(truth: TokenTruth) -> Examples:
    objects, parts = truth.objects, truth.parts
    return _pairs(
        truth,
        np.flatnonzero((objects > 0) & (parts > 0)),
        lambda token: parts == parts[token],
        lambda token: (objects == objects[token]) & (parts > 0) & (parts != parts[token]),
    )


def _in_front(truth: TokenTruth) -> Examples:
    """Pairs of tokens of two objects that touch, each in both orders."""
    chance = np.random.default_rng(truth.seed)
    first: list[int] = []
    second: list[int] = []
    pairs = [
        (front, back)
        for front, back in sorted(truth.touching)
        if front > back and (truth.objects == front).any() and (truth.objects == back).any()
    ]
    for number in chance.permutation(np.resize(np.arange(len(pairs)), _MOST // 2) if pairs else 0):
        front, back = pairs[number]
        one, other = (chance.choice(np.flatnonzero(truth.objects == o)) for o in (front, back))
        first += [int(one), int(other)]
        second += [int(other), int(one)]
    return Examples(np.array(first, int), np.array(second, int), np.tile([1, 0], len(first) // 2))


_NO_YES = ("no", "yes")
FACTS: dict[str, Fact] = {
    "same object": Fact("whether two tokens lie on one object", "pair", _NO_YES, _same_object),
    "same of two objects": Fact(
        "whether two tokens on objects lie on the same one", "pair", _NO_YES, _same_of_two_objects
    ),
    "same of its kind": Fact(
        "whether two tokens on objects of one name lie on the same", "pair", _NO_YES,
        _same_of_its_kind, "flocks",
    ),
    "same part": Fact(
        "whether two tokens of an object lie on one part of it", "pair", _NO_YES, _same_part,
        "clear",
    ),
    "in front": Fact(
        "which of two objects that touch is in front", "order", _NO_YES, _in_front
    ),
    "kind": Fact("which kind of object a token lies on", "token", BROAD_KINDS, _kind),
    "texture": Fact("whether a token lies on a texture", "token", _NO_YES, _texture),
    "boundary": Fact("whether a boundary runs through a token", "token", _NO_YES, _boundary),
    "foreground": Fact("whether a token lies on an object", "token", _NO_YES, _foreground),
}  # fmt: skip
