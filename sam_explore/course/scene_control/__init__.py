"""A drawn scene whose objects can be dragged, painted and covered while the model looks on."""
