"""Whether a model can show all steps of a tour, asked before anything is changed."""

from sam_explore.geometry import Prompts
from sam_explore.tracing import Trace

from ..network.part_names import part_named
from ..network.parts import Network
from .fields import NONE, PROBE_OF
from .tour_steps import Tour, TourStep


def check_tour(tour: Tour, run: Trace) -> None:
    """Refuse a tour with a step that a model can't show.

    Args:
        tour: the tour.
        run: any run of the model on the tour's picture.

    Raises:
        ValueError: it names the step, and a part of the network, a prompt or a knob.
    """
    network, prompts = Network(run.sam), run.prompts
    for number, step in enumerate(tour.steps, 1):
        try:
            prompts = step.prompts_in(run.frame) if step.sets_prompts else prompts
            _check_step(step, network, run, prompts)
        except ValueError as error:
            raise ValueError(f"Step {number} of the tour {tour.title!r}: {error}") from None


def _check_step(step: TourStep, network: Network, run: Trace, prompts: Prompts) -> None:
    for name in (*(step.unfold or ()), step.point_at):
        if name is not None and name != NONE:
            part_named(network, name)
    run = run.with_prompts(prompts)
    if step.exhibit is not None and step.exhibit != NONE:
        PROBE_OF[step.exhibit](**dict(step.knobs or ())).check(run)
