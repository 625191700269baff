"""The small model that ships: its weights, its sizes, how it is trained and how it is examined."""
