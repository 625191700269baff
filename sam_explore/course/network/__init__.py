"""The map: the network's components with the tensors of a run, which unfold to their parts."""
