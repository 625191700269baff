"""What is relied upon in ipykernel. When this fails, it has changed: read again how it chooses the
thread that hears a widget, and adapt sam_explore/widgets/session/ipykernel_subshells.py."""

from ipykernel.comm.comm import BaseComm
from ipywidgets import IntSlider

from sam_explore.widgets.session.ipykernel_subshells import keep_order


def heard_on(comm: BaseComm) -> str:
    """The thread that hears what the page sends to the thread "page"."""
    return comm._reply_subshell_for({}, "page")


def test_a_widget_is_heard_where_the_page_says_and_not_where_the_kernel_last_spoke():
    slider = IntSlider()
    slider.comm = BaseComm(comm_id="a", target_name="jupyter.widget")
    slider.comm._reply_subshell_id = "speaker"  # as after sending
    assert heard_on(slider.comm) == "speaker"
    keep_order(slider)
    assert heard_on(slider.comm) == "page"


def test_a_widget_without_such_a_kernel_stays_as_it_is():
    slider = IntSlider()
    comm = slider.comm
    keep_order(slider)
    assert slider.comm is comm
    slider.close()
    keep_order(slider)
