"""A notebook opened in JupyterLab: run it, look at it, evaluate code in its kernel."""

import ast
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import ConsoleMessage, Error, Locator, Page

from ..patience import PATIENCE_SECONDS
from .canvas import Canvas
from .chromium import PATIENCE_MS
from .server import Server

OPEN_MS = 2 * PATIENCE_MS
SETTLE = f"session.settle({PATIENCE_SECONDS})"  # in a kernel: until it is done
_LOST = "widget model not found"  # in the console, after a reload that came too soon

_IDLE = """path => {
    const panel = window.jupyterapp?.shell.currentWidget;
    return panel?.context?.path === path && panel.context.isReady
        && panel.sessionContext.session?.kernel?.status === 'idle'
        && panel.sessionContext.session.kernel.connectionStatus === 'connected';
}"""
_CELL_ERRORS = """() => jupyterapp.shell.currentWidget.content.widgets
    .flatMap(cell => cell.model.type === 'code' ? cell.model.outputs.toJSON() : [])
    .filter(output => output.output_type === 'error')
    .map(output => `${output.ename}: ${output.evalue}`)"""
# What is open is closed, as if it had been saved.
_CLOSE = """() => {
    for (const widget of [...jupyterapp.shell.widgets('main')]) {
        if (widget.context) widget.context.model.dirty = false;
        widget.dispose();
    }
}"""
_OPEN = "path => jupyterapp.commands.execute('docmanager:open', {path}).then(() => null)"
_LISTEN = """() => {
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    kernel.iopubMessage.connect((_, {header, content}) => {
        if (header.msg_type === 'error') noteKernelError(`${content.ename}: ${content.evalue}`);
    });
}"""
_EXECUTE = """async ([code, expression]) => {
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const user_expressions = expression ? {value: expression} : {};
    const request = kernel.requestExecute({code, user_expressions, store_history: false});
    return (await request.done).content;
}"""

_EXECUTE_SOON = f"""asked => Promise.race([({_EXECUTE})(asked), new Promise((_, reject) =>
    setTimeout(() => reject(new Error('the kernel does not answer')), 10000))])"""
_THREADS = """'\\n'.join(
    ' > '.join(f'{each.filename[-40:]}:{each.lineno}' for each in stack[-8:])
    for frame in __import__('sys')._current_frames().values()
    for stack in [__import__('traceback').extract_stack(frame)]
    if any('sam_explore' in each.filename for each in stack)
)"""


class Lab:
    """Opens notebooks in one browser page, and remembers what went wrong: in the page, in its
    console, and in the kernel, where an exception in a widget's callback leaves no other trace."""

    def __init__(self, page: Page, server: Server, *, kernel: str, stays: bool = False):
        """On a page of a server.

        Args:
            page: an empty one.
            server: that is running.
            kernel: the name of the kernel for all notebooks.
            stays: whether the next notebook is opened in the JupyterLab that is already in the
                page, instead of loading it again.
        """
        self.page = page
        self.server = server
        self.kernel = kernel
        self.stays = stays
        self.page_errors: list[str] = []
        self.console_errors: list[str] = []
        self.kernel_errors: list[str] = []
        self._viewport = page.viewport_size
        self._is_notebook_7 = self._is_loaded = False
        page.expose_function("noteKernelError", lambda text: self.kernel_errors.append(text))
        page.on("pageerror", self._note_error)
        page.on("console", self._note)

    def open(
        self,
        notebook: str | Sequence[str] | Path,
        *,
        run: bool = True,
        errors: bool = False,
        notebook_7: bool = False,
    ) -> "Notebook":
        """Open a notebook in JupyterLab, and by default run it to the end.

        Args:
            notebook: the code of one cell or of several, or the path of a notebook to copy.
            run: whether to run all cells.
            errors: whether a cell may raise. What it raised is then in `kernel_errors`.
            notebook_7: open it in Notebook 7 instead, which is made of the same parts.
        """
        name = f"test-{time.monotonic_ns()}.ipynb"
        if isinstance(notebook, Path):
            written = nbformat.read(notebook, as_version=4)
        else:
            cells = [notebook] if isinstance(notebook, str) else notebook
            written = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        written.metadata["kernelspec"] = {"name": self.kernel, "display_name": self.kernel}
        nbformat.write(written, self.server.folder / name)
        self._show(name, notebook_7)
        opened = Notebook(self.page, name, self.console_errors)
        opened.connect()
        if run:
            opened.run_all(errors=errors)
        return opened

    @property
    def errors(self) -> list[str]:
        """All that went wrong, wherever."""
        return self.kernel_errors + self.page_errors + self.console_errors

    def close_all(self) -> None:
        """Close what is open in the page, and give it back its size and its idle mouse."""
        if self._is_loaded:
            self.page.evaluate(_CLOSE)
        self.page.mouse.move(0, 0)
        if self.page.viewport_size != self._viewport:
            self.page.set_viewport_size(self._viewport)

    def forget_errors(self) -> None:
        for errors in (self.page_errors, self.console_errors, self.kernel_errors):
            errors.clear()

    def _show(self, name: str, notebook_7: bool) -> None:
        """Open a file in JupyterLab or in Notebook 7."""
        self._is_notebook_7 = notebook_7
        if self._is_loaded and not notebook_7:
            self.page.evaluate(_OPEN, name)
            return
        place = f"notebooks/{name}" if notebook_7 else f"lab/workspaces/{name[:-6]}/tree/{name}"
        self.page.goto(f"{self.server.url}/{place}?token={self.server.token}")
        self._is_loaded = self.stays and not notebook_7

    def _note_error(self, error: Error) -> None:
        # Notebook 7 raises while it starts, now about settings, now about commands that are not
        # there yet, the more the slower the machine.
        if not self._is_notebook_7:
            self.page_errors.append(str(error))

    def _note(self, message: ConsoleMessage) -> None:
        # A resource that is not there (a workspace not yet saved) is Jupyter's everyday business.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.console_errors.append(message.text)


class Notebook:
    """The notebook that is open in the page."""

    def __init__(self, page: Page, name: str, console_errors: list[str] | None = None):
        self.page = page
        self.name = name
        self._console_errors = [] if console_errors is None else console_errors

    def connect(self) -> None:
        """Wait until the notebook is ready, and listen to its kernel from now on."""
        self.wait_until_idle()
        self.page.evaluate(_LISTEN)

    def wait_until_idle(self) -> None:
        self.page.wait_for_function(_IDLE, arg=self.name, timeout=OPEN_MS)

    def run_all(self, *, errors: bool = False) -> None:
        """Run all cells and wait for the last. A cell that raises fails, unless `errors`."""
        self.page.evaluate("() => jupyterapp.commands.execute('runmenu:run-all')")
        self.wait_until_idle()
        raised = self.page.evaluate(_CELL_ERRORS)
        if raised and not errors:
            raise AssertionError(f"A cell of the notebook raised {'; '.join(raised)}")

    def reload(self) -> None:
        """Save, reload the page, and wait for the same kernel and its widgets to be there again.

        ipywidgets waits four seconds for the kernel to say which widgets there are. Where that is
        too short the page says that they were not found, and is loaded again, as by a reader.
        """
        self.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
        for _ in range(3):
            self.page.reload()
            self.connect()
            if self._found_widgets():
                return
            lost = [each for each in self._console_errors if _LOST in each]
            for each in lost:
                self._console_errors.remove(each)
        raise AssertionError("The page was reloaded three times and did not find its widgets.")

    def _found_widgets(self) -> bool:
        """Whether no widget of the page was lost, once all are loaded."""
        outputs = self.page.locator(".jp-OutputArea-output")
        loading = outputs.filter(has_text="Loading widget")
        self.wait_until(lambda: not loading.count(), "all widgets are loaded")
        return not outputs.filter(has_text="Error displaying widget").count()

    def execute(self, code: str) -> None:
        """Run code in the notebook's kernel, outside its cells."""
        self._ask(code, "")

    def value(self, expression: str) -> object:
        """What an expression is in the kernel; its repr must be a literal, so convert there."""
        answer = self._ask("", expression)["user_expressions"]["value"]
        if answer["status"] != "ok":
            raise AssertionError(f"{expression} raised {answer['ename']}: {answer['evalue']}")
        return ast.literal_eval(answer["data"]["text/plain"])

    def canvas(self, index: int = 0) -> Canvas:
        """The canvas at `index`, in the order of the page."""
        locator = self.output("canvas").nth(index)
        locator.wait_for()
        return Canvas(self.page, locator)

    def output(self, selector: str) -> Locator:
        """What matches a CSS selector in the outputs of the cells."""
        return self.page.locator(f".jp-OutputArea-output {selector}")

    def wait_until(
        self, condition: Callable[[], object], what: str, *, seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Wait until `condition()` is true, while the page goes on. `what` says it in words.

        It is asked less and less often, since asking takes time from what is waited for.
        """
        deadline, pause_ms = time.monotonic() + seconds, 20.0
        while not condition():
            if time.monotonic() > deadline:
                where = self._kernel_is_at()
                raise AssertionError(
                    f"After {seconds} s it was still not so that {what}. The kernel is at:\n{where}"
                )
            self.page.wait_for_timeout(pause_ms)
            pause_ms = min(1.3 * pause_ms, 300.0)

    def _kernel_is_at(self) -> str:
        """Where threads of the kernel are in our code or what that calls, the latest call last."""
        try:
            found = self.page.evaluate(_EXECUTE_SOON, ["", _THREADS])
            return ast.literal_eval(found["user_expressions"]["value"]["data"]["text/plain"])
        except Exception as error:  # a kernel that does not answer, or that has ended
            return f"unknown: {error}"

    def _ask(self, code: str, expression: str) -> dict:
        answer = self.page.evaluate(_EXECUTE, [code, expression])
        if answer["status"] != "ok":
            raise AssertionError(f"{code} raised {answer['ename']}: {answer['evalue']}")
        return answer
