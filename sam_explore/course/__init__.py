"""The course: the map of the network, tours, and questions that are graded by what is computed."""

from sam_explore.scenes import changed_scene

from . import facts
from .checkpoints.kept import checkpoint
from .facts.fact import Fact
from .network.live_map import NetworkMap, network_map
from .questions.after import After
from .questions.choice import Choice
from .questions.conclusion import Conclusion
from .questions.estimate import Estimate
from .questions.place import Place
from .scene_control.scene_control import SceneControl
from .tours.player import TourPlayer, tour
from .tours.tour_steps import Tour, TourStep
from .training.learning_curves import learning_curves
from .training.training_time import TrainingTime

__all__ = [
    "After",
    "Choice",
    "Conclusion",
    "Estimate",
    "Fact",
    "NetworkMap",
    "Place",
    "SceneControl",
    "Tour",
    "TourPlayer",
    "TourStep",
    "TrainingTime",
    "changed_scene",
    "checkpoint",
    "facts",
    "learning_curves",
    "network_map",
    "tour",
]
