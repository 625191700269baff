"""Whatever a reader can work with has a name, for those who listen to the page."""

from .lab import SETTLE, Lab, Notebook

OPEN = [
    """import sam_explore as sx

session = sx.Session(sx.load(), sx.example('turtle'))
prompting = sx.PromptCanvas(session, width=256)
prompting""",
    """names = ("RawLogits", "PositionEncodingChannel", "TokenSimilarity")
explorers = [sx.explore(getattr(sx.probes, name), session) for name in names]
explorers[0]""",
    *(f"explorers[{index}]" for index in (1, 2)),
    "sx.course.TrainingTime(session)",
]
CONTROLS = ("slider", "textbox", "spinbutton", "combobox", "checkbox", "button", "radio")
_IS_OURS = "function() { return this.closest('.jp-OutputArea') !== null; }"


def test_every_control_has_a_name(lab: Lab):
    notebook = lab.open(OPEN)
    notebook.execute(SETTLE)
    for more in notebook.output("button").filter(has_text="More").all():
        if more.is_visible():
            more.click()
    expected = {
        "Channel",
        "Threshold in logits",
        "Model",
        "Its x in pixels",
        "And in the mirror image",
    }
    found: list[tuple[str, str]] = []

    def is_named() -> bool:
        found[:] = controls(notebook)
        return all(name for _, name in found) and expected <= {name for _, name in found}

    notebook.wait_until(is_named, "every control has a name", seconds=30)


def controls(notebook: Notebook) -> list[tuple[str, str]]:
    """Role and name of all controls in the notebook's outputs, as a screen reader gets them."""
    page = notebook.page
    devtools = page.context.new_cdp_session(page)
    found = []
    for node in devtools.send("Accessibility.getFullAXTree")["nodes"]:
        role = node.get("role", {}).get("value")
        if role in CONTROLS and not node["ignored"]:
            at = {"backendNodeId": node["backendDOMNodeId"]}
            element = devtools.send("DOM.resolveNode", at)["object"]["objectId"]
            asked = {"objectId": element, "functionDeclaration": _IS_OURS, "returnByValue": True}
            if devtools.send("Runtime.callFunctionOn", asked)["result"]["value"]:
                found.append((role, node["name"]["value"].strip()))
    devtools.detach()
    return found
