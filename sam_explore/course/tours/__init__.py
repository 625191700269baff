"""Tours: steps that set prompts, knobs and the view, with a sentence each."""
