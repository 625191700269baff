"""Questions in JupyterLab: answered by keyboard alone, graded, and then the view is shown."""

from playwright.sync_api import expect

from .lab import Lab

CELLS = [
    "import sam_explore as sx\n"
    "session = sx.Session(sx.load(), sx.example('turtle'))\n"
    "session.add_point((230, 300))\n"
    "facts = sx.course.facts\n"
    "choice = sx.course.Choice(session, 'How much?', {'little': (0, 50), 'much': (50, 100)},\n"
    "    truth=facts.variance_within_patches)\n"
    "choice",
    "sx.course.After(choice, sx.explore(sx.probes.PatchGrid, session))",
    "estimate = sx.course.Estimate(session, 'How many?', truth=facts.variance_within_patches)\n"
    "estimate",
    "place = sx.course.Place(session, 'Where?', truth=facts.loss_of_one_colour)\nplace",
    "sx.course.Conclusion(session, facts.variance_within_patches)",
]


def test_questions_are_answered_by_keyboard_and_open_what_they_kept(lab: Lab):
    notebook = lab.open(CELLS)
    page, texts = lab.page, notebook.output(".sam-explore-text")
    shown = notebook.output(".sam-explore-explorer")
    expect(shown).to_be_hidden()
    texts.nth(0).get_by_role("button", name="little").focus()
    page.keyboard.press("Enter")
    reply = texts.nth(0).get_by_role("status")
    notebook.wait_until(lambda: notebook.value("choice.grade is not None"), "it is graded")
    expect(reply).to_contain_text(str(notebook.value("choice.grade.verdict")))
    expect(shown).to_be_visible()

    slider = texts.nth(1).get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(texts.nth(1).get_by_label("Your answer")).to_have_value("51")
    texts.nth(1).get_by_role("button", name="Answer").focus()
    page.keyboard.press("Space")
    expect(texts.nth(1).get_by_role("status")).to_contain_text("You said 51 %")

    area = texts.nth(2).locator(".sam-explore-area").first
    area.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(texts.nth(2).get_by_role("status")).to_contain_text("row")
    expect(texts.nth(2).get_by_role("img", name="Lost with one colour")).to_be_visible()
    middle = [count // 2 for count in notebook.value("session.grid")]
    assert max(abs(a - b) for a, b in zip(notebook.value("place.given"), middle, strict=True)) <= 1
    expect(texts.nth(3).get_by_role("status")).to_contain_text("One mean colour")
