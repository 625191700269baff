"""The server of `sam-explore app`: Voila, for pages that others on a network may open.

Voila was made for one reader on one machine. What a stranger could do to its server is refused
here, before it reaches Voila: `requests` looks at where a request comes from, `websocket` at what a
page sends, and `kernels` at how many pages are open.
"""
