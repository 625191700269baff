"""A probe whose knob is bounded by the prompts of its run."""

from dataclasses import dataclass

import numpy as np

from sam_explore.model.addresses import PROMPT_TOKENS
from sam_explore.probes import Probe
from sam_explore.probes.common.numbers import array
from sam_explore.probes.common.probe import decoder_token_knob, prompt_token_knob
from sam_explore.readings import Curve, Profile
from sam_explore.tracing import Trace


@dataclass(frozen=True)
class PromptToken(Probe):
    """The channels of one prompt token."""

    token: int = prompt_token_knob()
    decoder_token: int = decoder_token_knob()

    def read(self, trace: Trace) -> Profile:
        values = array(trace[PROMPT_TOKENS][0, self.token])
        name = trace.decoder_tokens.prompt_names[self.token]
        decoder = trace.decoder_tokens.names[self.decoder_token]
        return Profile(
            np.arange(float(len(values))),
            (Curve(values, name),),
            title=name,
            words=f"Token {self.token} is called {name}; decoder token is called {decoder}.",
            x_name="channel",
            y_name="value",
        )
