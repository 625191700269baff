"""A chart has its place on the page before its picture comes."""

import numpy as np

from sam_explore.readings import Curve, Profile
from sam_explore.widgets.exploring.chart_view import ChartView

from ..screen import rgba


def test_the_image_is_never_empty_and_has_its_size_before_its_picture():
    view = ChartView(300)
    assert rgba(view.widget).shape == (1, 1, 4)
    assert (view.widget.layout.width, view.widget.layout.height) == ("1px", "1px")
    sizes = []
    view.widget.observe(lambda change: sizes.append(view.widget.layout.width), "value")
    curve = np.arange(4.0)
    view.show(Profile(curve, (Curve(curve, "one"),), "A curve", "", "block", "share"))
    width, height = view.widget.layout.width, view.widget.layout.height
    assert sizes == [width]
    assert width == "300px"
    picture = rgba(view.widget)
    share = int(height[:-2]) / int(width[:-2])
    assert abs(picture.shape[0] / picture.shape[1] - share) < 0.01
    view.close()


def test_a_narrow_chart_has_text_of_the_usual_size_and_its_whole_title():
    curve = np.arange(4.0)
    title = "A title of so many words that no narrow chart has room for all of them in one line"
    narrow = ChartView(300)
    narrow.show(Profile(curve, (Curve(curve, "one"),), title, "", "block", "share"))
    figure = narrow._figure
    assert tuple(figure.get_size_inches()) == (3.0, 2.55)  # 100 pixels an inch, as if it were wide
    ax = figure.axes[0]
    drawn = ax.get_title("left")
    assert drawn.replace("\n", " ") == title
    right = ax._left_title.get_window_extent(figure.canvas.get_renderer()).x1
    assert right <= figure.bbox.x1
    narrow.close()
