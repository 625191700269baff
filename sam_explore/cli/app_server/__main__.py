"""`python -P -m sam_explore.cli.app_server`, as `sam-explore app` starts it."""

from .server import AppServer

if __name__ == "__main__":
    AppServer.launch_instance()
