// Tells the kernel whether a box is on the screen. What the reader works with goes into a corner of
// the page while its own place is scrolled away.

const ENOUGH = 0.3; // of its place has to be on the screen, or it goes into the corner
const DISCONNECTED = "jupyter-widgets-disconnected"; // what ipywidgets calls a view without kernel
const MARGIN_CSS = 8;
// While something is kept, words leave the corner's width free.
const LEAVES_ROOM = "sam-explore-leaves-room";
// Controls of ipywidgets; a check box with words next to it has these as its name.
const NAMED_BY_WORDS = 'input[type="checkbox"]:has(+ span:not(:empty))';
const UNNAMED =
  `[class*="sam-explore"] :is(.noUi-handle, input, select):not([aria-label], ${NAMED_BY_WORDS})`;

function initialize({ model }) {
  nameControls();
  model.send({ kind: "page" });
}

// To a screen reader the controls of ipywidgets have no name unless they have a description. Each gets
// that of its label, or of its tooltip, which ipywidgets writes to the label that is not shown.
function nameControls() {
  if (document.samExploreNames) return;
  const name = () => {
    for (const control of document.querySelectorAll(UNNAMED)) {
      const widget = control.closest(".widget-slider") ?? control.closest(".jupyter-widgets");
      const label = widget?.querySelector(".widget-label");
      const said = label?.textContent.replace("\u200b", ""); // ipywidgets' label without a word
      const words = said || control.title || label?.title;
      if (words && words !== "null") control.setAttribute("aria-label", words);
    }
  };
  let frame = 0;
  document.samExploreNames = new MutationObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(name);
  });
  document.samExploreNames.observe(document.body, { childList: true, subtree: true });
}

function render({ model, el, signal }) {
  const view = Math.random().toString(36).slice(2);
  const state = { isSeen: false, wasSeen: false, share: 0, corner: null };
  el.setAttribute("aria-hidden", "true");

  const send = kind => {
    try {
      model.send({ kind, view });
    } catch {
      // The kernel is gone, and nobody needs to know.
    }
  };
  let page = null; // known once the box is in it
  const leaveRoom = keeps => {
    if (el.isConnected) page ??= el.closest(".jp-NotebookPanel") ?? document.body;
    if (page) roomIn(page, el, keeps);
  };
  const update = () => {
    leaveRoom(model.get("keeps"));
    state.wasSeen ||= state.share >= ENOUGH;
    const goes = model.get("keeps") && state.wasSeen && state.share < ENOUGH
      && !el.classList.contains(DISCONNECTED);
    if (goes && !state.corner) state.corner = putIntoCorner(model, el);
    else if (!goes && state.corner) {
      state.corner.giveBack();
      state.corner = null;
    }
    const isSeen = state.corner !== null || state.isOnScreen;
    if (isSeen !== state.isSeen) send(isSeen ? "seen" : "unseen");
    state.isSeen = isSeen;
  };
  const observer = new IntersectionObserver(
    entries => {
      const latest = entries[entries.length - 1];
      state.isOnScreen = latest.isIntersecting;
      state.share = latest.intersectionRatio;
      update();
    },
    { threshold: [0, ENOUGH] },
  );
  observer.observe(el);
  const report = message => {
    if (message.kind === "report" && state.isSeen) send("seen");
  };
  model.on("msg:custom", report);
  model.on("change:keeps", update);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    model.off("change:keeps", update);
    model.off("msg:custom", report);
    state.corner?.giveBack();
    leaveRoom(false);
    if (state.isSeen) send("unseen");
  });
}

// Exhibits of a page leave room while any of its boxes goes into the corner when scrolled away.
function roomIn(page, el, keeps) {
  const keeping = (page.samExploreKeeps ??= new Set());
  if (keeps) keeping.add(el);
  else keeping.delete(el);
  page.classList.toggle(LEAVES_ROOM, keeping.size > 0);
}

// Moves what is kept into a corner; `giveBack` puts it where it was.
function putIntoCorner(model, el) {
  const around = el.closest(".sam-explore-prompting");
  const panel = el.closest(".jp-NotebookPanel");
  const corner = document.createElement("div");
  corner.className = "sam-explore-corner";
  corner.classList.toggle("sam-explore-in-panel", panel !== null);
  corner.setAttribute("role", "region");
  corner.samExplorePlace = el;
  const back = () => el.scrollIntoView({ block: "center" });
  corner.append(headOf(corner, back, () => {
    model.set("keeps", false);
    model.save_changes();
  }));
  const kept = [...around.querySelectorAll(".sam-explore-kept")];
  const places = kept.map(part => {
    const place = document.createElement("div");
    place.style.width = `${part.offsetWidth}px`;
    place.style.height = `${part.offsetHeight}px`;
    place.style.flex = "none";
    return place;
  });
  const room = panel ?? document.body;
  room.append(corner);
  nameCorners(room);
  withFocus(() => {
    kept.forEach((part, index) => part.replaceWith(places[index]));
    corner.append(...kept.reverse()); // the picture first
    kept.reverse();
  });
  const giveBack = () => {
    withFocus(() => kept.forEach((part, index) => places[index].replaceWith(part)));
    corner.remove();
    nameCorners(room);
  };
  return { giveBack };
}

// Of several pictures that are scrolled away one is shown; their numbers follow the page's order.
function nameCorners(room) {
  const corners = [...room.querySelectorAll(":scope > .sam-explore-corner")];
  const follows = (one, other) => one.samExplorePlace.compareDocumentPosition(other.samExplorePlace)
    & Node.DOCUMENT_POSITION_FOLLOWING;
  corners.sort((one, other) => (follows(one, other) ? -1 : 1)).forEach((corner, index) => {
    const which = corners.length > 1 ? ` ${index + 1} of ${corners.length}` : "";
    corner.querySelector(".sam-explore-corner-title").textContent = `Prompt${which}`;
    corner.querySelector(".sam-explore-corner-other").hidden = !which;
    corner.setAttribute("aria-label", `The picture to prompt${which}, kept in view`);
  });
}

// What has the focus would lose it when it is moved.
function withFocus(move) {
  const focused = document.activeElement;
  move();
  if (focused?.isConnected && document.activeElement !== focused)
    focused.focus({ preventScroll: true });
}

// A line to drag the corner by, with buttons.
function headOf(corner, back, away) {
  const head = document.createElement("div");
  head.className = "sam-explore-corner-head";
  const title = head.appendChild(document.createElement("span"));
  title.className = "sam-explore-corner-title";
  title.title = "Drag to move it";
  const button = (sign, words, act) => {
    const made = head.appendChild(document.createElement("button"));
    made.type = "button";
    made.textContent = sign;
    made.title = words;
    made.setAttribute("aria-label", words);
    made.addEventListener("click", act);
    return made;
  };
  const other = button("\u21c4", "Show the other picture", () => {
    const room = corner.parentNode;
    room.prepend(corner); // so that another one is the last, which is shown
    [...room.querySelectorAll(":scope > .sam-explore-corner .sam-explore-corner-other")].pop().focus();
  });
  other.classList.add("sam-explore-corner-other");
  const fold = button("\u2013", "Fold or unfold", () => {
    const folded = corner.classList.toggle("sam-explore-folded");
    fold.textContent = folded ? "+" : "\u2013";
    fold.setAttribute("aria-expanded", String(!folded));
  });
  fold.setAttribute("aria-expanded", "true");
  button("\u2191", "Scroll to its place", back);
  button("\u00d7", "Put away; \"Keep in view\" over the picture brings it back", away);
  moveBy(title, corner);
  return head;
}

function moveBy(handle, corner) {
  let from = null;
  handle.addEventListener("pointerdown", event => {
    const { offsetLeft, offsetTop } = corner;
    from = [event.clientX - offsetLeft, event.clientY - offsetTop];
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  handle.addEventListener("pointermove", event => {
    if (!from) return;
    const room = corner.offsetParent ?? document.documentElement;
    const fit = (wanted, size, all) =>
      Math.max(MARGIN_CSS, Math.min(wanted, all - size - MARGIN_CSS));
    const left = fit(event.clientX - from[0], corner.offsetWidth, room.clientWidth);
    const top = fit(event.clientY - from[1], corner.offsetHeight, room.clientHeight);
    Object.assign(corner.style, { left: `${left}px`, top: `${top}px`, right: "auto", bottom: "auto" });
  });
  for (const name of ["pointerup", "pointercancel"])
    handle.addEventListener(name, () => (from = null));
}

export default { initialize, render };
