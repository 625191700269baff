"""Questions about the size of the input, what the model costs, and where its windows show."""
