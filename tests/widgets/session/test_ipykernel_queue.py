"""No message of a session's kernel is lost when its server is slower than the kernel."""

import queue

from jupyter_client.manager import start_new_kernel

from sam_explore.widgets.session.ipykernel_queue import keep_all_messages

from ...patience import PATIENCE_SECONDS

MANY = 4000  # more than a kernel, its client and the sockets between them hold: 2994 without this
MESSAGES = f"""
import sam_explore as sx
from comm import create_comm

session = sx.Session(sx.load(), sx.example("turtle"))
for number in range({MANY}):
    create_comm(target_name="sam_explore.test", data={{"number": number, "rest": 3000 * "."}})
"""


def test_all_messages_arrive_though_they_are_read_only_after_the_last():
    manager, client = start_new_kernel()
    try:
        client.execute_interactive("pass", timeout=PATIENCE_SECONDS)
        done = client.execute(MESSAGES, reply=True, timeout=PATIENCE_SECONDS)
        assert done["content"]["status"] == "ok", done["content"]
        numbers = []
        while len(numbers) < MANY:
            try:
                message = client.get_iopub_msg(timeout=10)
            except queue.Empty:
                break
            if message["content"].get("target_name") == "sam_explore.test":
                numbers.append(message["content"]["data"]["number"])
        assert numbers == list(range(MANY))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_without_a_kernel_there_is_nothing_to_do():
    keep_all_messages()
