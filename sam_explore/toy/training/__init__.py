"""How the small model is trained; `python -m sam_explore.toy.training --help` shows the command."""
