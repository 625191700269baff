"""Training, watched: a slider over its time, and what is learned when."""
