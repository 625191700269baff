// An area over a canvas that sends what mouse, fingers, pen and keys do on it to the kernel. Places
// are shares of its width and height, so that no zoom of the page and no density of pixels matters.

const PALM_CSS = 30;
const SLIP_CSS = 6; // that a hand may slip between the two clicks of a double click
const DOUBLE_MS = 400;
const STEP_CSS = 10;
const HOVER_MS = 40; // between two moves without a pressed button
const LINE_CSS = 16; // of a wheel that turns by lines
const LEFT = 0, RIGHT = 2;
const DISPOSED_MS = 200; // after which a restarted kernel's connections are closed
const GONE = document.body?.dataset.voila  // a page of the app shows no cells
  ? "This page has ended: reload it."
  : "The kernel was restarted, or the connection lost: run the cells again.";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function render({ model, el, signal }) {
  const sender = makeSender(model, signal);
  const parts = draw(model, el, signal);
  const listen = (name, handler, options) =>
    el.addEventListener(name, handler, { signal, ...options });
  const pressed = new Place(el, model);
  handlePointers(model, el, sender, listen, parts, pressed);
  handleWheel(model, el, sender, listen);
  handleKeys(model, el, sender, signal, parts, pressed);
}

// Where a pointer pressed last, or keys went; keys start there. A share of the area, since a picture
// grows and shrinks with it. Where there are stops, something is laid out anew when the size changes,
// and what was pressed stays at its place in CSS pixels.
class Place {
  constructor(el, model) {
    this.el = el;
    this.model = model;
    this.share = [0.5, 0.5];
    this.css = null;
  }

  get at() {
    const { clientWidth, clientHeight } = this.el;
    const isLaidOut = this.css && clientWidth > 0 && clientHeight > 0;
    if (!isLaidOut || this.model.get("stops").length === 0) return this.share;
    return [inside(this.css[0] / clientWidth), inside(this.css[1] / clientHeight)];
  }

  set at([x, y]) {
    this.share = [x, y];
    this.css = [x * this.el.clientWidth, y * this.el.clientHeight];
  }
}

// Sends messages. Of the frequent kinds only one a frame is sent, before any other message. Of moves
// without a pressed button, and of sparse drags, only 25 a second are sent, since each costs the
// kernel time that it needs to show what lies under the pointer.
function makeSender(model, signal) {
  let waiting = null, frame = 0, timer = 0, hovered = -HOVER_MS;
  const flush = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = timer = 0;
    if (waiting) model.send(waiting);
    waiting = null;
  };
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  });
  const hover = () => {
    hovered = performance.now();
    flush();
  };
  return {
    now(message) {
      flush();
      model.send(message);
    },
    // `merge` combines a waiting message of the same kind with the new one.
    soon(message, merge = (before, after) => after) {
      if (waiting && waiting.kind !== message.kind) flush();
      waiting = waiting ? merge(waiting, message) : message;
      if (!frame) frame = requestAnimationFrame(flush);
    },
    // A move without a pressed button, or of a sparse drag.
    hovering(message) {
      if (waiting && (waiting.kind !== message.kind || frame)) flush();
      waiting = message;
      if (!timer) timer = setTimeout(hover, Math.max(0, hovered + HOVER_MS - performance.now()));
    },
    // Drop the message that is waiting.
    drop() {
      waiting = null;
    },
  };
}

// The element's look and text, which follow the kernel's traits.
function draw(model, el, signal) {
  const add = (tag, name) => {
    const part = el.appendChild(document.createElement(tag));
    part.className = `sam-explore-${name}`;
    return part;
  };
  const cursor = add("div", "cursor"), keys = add("div", "keys"), news = add("div", "news");
  const gone = add("div", "gone");
  cursor.hidden = keys.hidden = true;
  gone.setAttribute("role", "alert");
  gone.textContent = GONE;
  watchKernel(model, el, signal);
  news.setAttribute("aria-live", "polite");
  for (const [key, meaning] of model.get("key_help")) {
    const line = keys.appendChild(document.createElement("div"));
    line.appendChild(document.createElement("kbd")).textContent = key;
    line.append(` ${meaning}`);
  }
  const takesKeys = model.get("key_help").length > 0;
  el.setAttribute("role", takesKeys ? "application" : "img");
  if (takesKeys) el.tabIndex = 0;
  el.style.touchAction = model.get("grabs") ? "none" : "manipulation";
  // ipycanvas lets every canvas take the focus. A canvas that is there gives this area its size.
  const size = new ResizeObserver(() => {
    const canvas = el.parentElement?.querySelector(":scope > canvas");
    canvas?.setAttribute("tabindex", "-1");
    canvas?.setAttribute("aria-hidden", "true");
  });
  size.observe(el);
  signal.addEventListener("abort", () => size.disconnect());
  const follow = (name, show) => {
    const shown = () => show(model.get(name));
    model.on(`change:${name}`, shown);
    signal.addEventListener("abort", () => model.off(`change:${name}`, shown));
    shown();
  };
  follow("label", words => el.setAttribute("aria-label", words));
  follow("cursor", name => (el.style.cursor = name));
  follow("news", words => (news.textContent = words));
  const showKeys = shown => {
    keys.hidden = !shown;
    if (shown) news.textContent = [...keys.children].map(line => line.textContent).join(". ");
  };
  keys.addEventListener("pointerdown", event => {
    event.stopPropagation();
    showKeys(false);
  });
  return { cursor, keys, showKeys };
}

// Says over the canvas that the kernel was restarted. ipywidgets takes all widgets for disconnected
// when it hears of a restart, also those that were made since, and those that a page was saved with
// from the start; but only those from before can't send any more.
function watchKernel(model, el, signal) {
  let soon = 0;
  const look = () => {
    clearTimeout(soon);
    soon = setTimeout(
      () => el.classList.toggle("sam-explore-gone-kernel", !canSend(model)),
      DISPOSED_MS,
    );
  };
  model.on("comm_live_update", look);
  signal.addEventListener("abort", () => {
    clearTimeout(soon);
    model.off("comm_live_update", look);
  });
}

// Whether messages still have a way to the kernel, which takes no notice of this one.
function canSend(model) {
  try {
    model.send({ kind: "ping" });
    return true;
  } catch {
    return false;
  }
}

function placeOf(el, event) {
  const box = el.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function contactOf(kind, el, event) {
  return {
    kind,
    at: placeOf(el, event),
    button: event.button,
    pointer: event.pointerType,
    id: event.pointerId,
    width: Math.max(event.width, event.height),
    modifiers: ["shift", "ctrl", "alt", "meta"].filter(name => event[`${name}Key`]),
  };
}

const inside = share => Math.min(Math.max(share, 0), 1);
const distance = (one, other) =>
  Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);

function handlePointers(model, el, sender, listen, parts, pressed) {
  const grabs = model.get("grabs");
  const fingers = new Map(); // where each one is; palms are none
  let pressing = null; // the one pointer that presses: its first event, and what is not sent yet
  let pinch = null; // where two fingers were when that was last sent
  let pens = 0; // that touch or hover
  let lastClick = null;

  const isPalm = event => event.pointerType === "touch"
    && Math.max(event.width, event.height) > PALM_CSS;
  const cancel = () => {
    sender.drop();
    if (pressing && grabs && !pressing.unsent) sender.now({ kind: "cancel" });
    pressing = null;
  };

  const press = event => {
    parts.cursor.hidden = true;
    const isSecond = lastClick && !model.get("zooms") && distance(lastClick, event) < SLIP_CSS
      && event.timeStamp - lastClick.timeStamp < DOUBLE_MS;
    const contact = contactOf("press", el, event);
    pressed.at = contact.at;
    // The second click of a double click is sent if it becomes a drag; an area for clicks alone
    // sends them at the release.
    pressing = { first: event, unsent: isSecond || !grabs ? contact : null, isSecond };
    if (!pressing.unsent) sender.now(contact);
    if (grabs && event.isTrusted) el.setPointerCapture(event.pointerId);
  };

  const putDown = event => {
    if (isPalm(event) || pens > 0 || (pressing && pressing.first.pointerType !== "touch")) return;
    fingers.set(event.pointerId, event);
    if (fingers.size === 1) {
      press(event);
    } else {
      cancel();
      pinch = grabs && fingers.size === 2 ? gripOf(el, fingers) : null;
    }
  };

  listen("pointerdown", event => {
    if (event.pointerType === "touch") {
      putDown(event);
    } else if (event.pointerType === "pen") {
      cancel();
      fingers.clear();
      pinch = null;
      press(event);
    } else if (!pressing && fingers.size === 0 && [LEFT, RIGHT].includes(event.button)) {
      press(event);
    }
    if (el.tabIndex === 0 && pressing) el.focus({ preventScroll: true });
  });

  listen("pointermove", event => {
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, event);
    if (pressing?.first.pointerId === event.pointerId) {
      drag(event);
    } else if (pinch && fingers.has(event.pointerId)) {
      const from = pinch;
      pinch = gripOf(el, fingers);
      const factor = pinch.apart / Math.max(from.apart, 1);
      sender.soon({ kind: "pinch", from: from.at, at: pinch.at, factor }, joined);
    } else if (event.pointerType !== "touch" && event.buttons === 0) {
      sender.hovering(contactOf("move", el, event));
    }
  });

  const sendDrag = model.get("sparse_drags") ? sender.hovering : sender.soon;
  const drag = event => {
    if (isPalm(event)) {
      fingers.delete(event.pointerId);
      cancel();
    } else if (!grabs) {
      return;
    } else if (!pressing.unsent) {
      sendDrag(contactOf("move", el, event));
    } else if (distance(pressing.first, event) > SLIP_CSS) {
      sender.now(pressing.unsent);
      pressing.unsent = null;
      sendDrag(contactOf("move", el, event));
    }
  };

  listen("pointerup", event => {
    lift(event);
    if (pressing?.first.pointerId !== event.pointerId) return;
    const isClick = distance(pressing.first, event) < SLIP_CSS;
    if (!pressing.unsent) sender.now(contactOf("release", el, event));
    else if (!grabs && isClick) sender.now(pressing.unsent);
    // The second of a double click ends it: a third one counts again.
    lastClick = isClick && !pressing.isSecond ? event : null;
    pressing = null;
  });

  const lift = event => {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) pinch = null;
  };

  for (const name of ["pointercancel", "lostpointercapture"])
    listen(name, event => {
      lift(event);
      if (pressing?.first.pointerId === event.pointerId) cancel();
    });

  listen("pointerenter", event => {
    if (event.pointerType === "pen") pens += 1;
  });
  listen("pointerleave", event => {
    if (event.pointerType === "pen") pens = 0;
    if (event.pointerType !== "touch" && !pressing) sender.now({ kind: "leave" });
  });
  listen("contextmenu", event => {
    if (!grabs) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

// The middle between two fingers, and how many CSS pixels they are apart.
function gripOf(el, fingers) {
  const [one, other] = [...fingers.values()];
  const [a, b] = [one, other].map(event => placeOf(el, event));
  return { at: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], apart: distance(one, other) };
}

function joined(before, after) {
  return { ...after, from: before.from, factor: before.factor * after.factor };
}

function handleWheel(model, el, sender, listen) {
  const handler = event => {
    if (!model.get("grabs") || !(model.get("zooms") || event.ctrlKey)) return; // the page scrolls
    event.preventDefault();
    const unit = [1, LINE_CSS, el.clientHeight][event.deltaMode];
    sender.soon(
      { kind: "wheel", at: placeOf(el, event), turned: event.deltaY * unit },
      (before, after) => ({ ...after, turned: before.turned + after.turned }),
    );
  };
  listen("wheel", handler, { passive: false });
}

function handleKeys(model, el, sender, signal, parts, pressed) {
  if (model.get("key_help").length === 0) return;
  let corner = null;
  const key = name => ({ kind: "key", name, at: pressed.at, corner });

  const move = ([across, down], step) => {
    const [x, y] = pressed.at;
    const stops = model.get("stops");
    pressed.at = stops.length > 0
      ? nextStop(el, stops, pressed.at, [across, down])
      : [inside(x + (step * across) / el.clientWidth), inside(y + (step * down) / el.clientHeight)];
    sender.soon(key("move"));
  };
  const act = {
    enter: () => (corner ? act.box() : sender.now(key("enter"))),
    delete: () => sender.now(key("delete")),
    undo: () => sender.now(key("undo")),
    redo: () => sender.now(key("redo")),
    box() {
      const { at } = pressed;
      if (corner && corner[0] !== at[0] && corner[1] !== at[1]) {
        sender.now(key("box"));
        corner = null;
      } else if (corner) {
        act.abandon(); // a box without an area
      } else {
        corner = at;
        sender.now(key("begin"));
      }
    },
    keys: () => parts.showKeys(parts.keys.hidden),
    abandon() {
      parts.showKeys(false);
      corner = null;
      sender.now(key("abandon"));
    },
  };

  const handler = event => {
    if (event.target !== el) return;
    const name = actionOf(event, corner !== null || !parts.keys.hidden);
    const arrow = event.ctrlKey || event.metaKey || event.altKey ? null : ARROWS[event.key];
    if (!name && !arrow) {
      // The page's own; but a letter would cut or insert cells of the notebook around.
      const isLetter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (isLetter) event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (arrow) move(arrow, event.shiftKey ? 1 : STEP_CSS);
    else if (!event.repeat || ["undo", "redo"].includes(name)) act[name]();
    const [x, y] = pressed.at;
    parts.cursor.style.left = `${100 * x}%`;
    parts.cursor.style.top = `${100 * y}%`;
    parts.cursor.hidden = false;
  };
  // Notebook 7 handles keys on their way down to the element, and would take Ctrl+Z and B.
  window.addEventListener("keydown", handler, { capture: true, signal });
  const leave = () => {
    parts.cursor.hidden = true;
    if (corner) act.abandon();
  };
  el.addEventListener("blur", leave, { signal });
}

// The nearest stop in a direction, or the same place if there is none. What lies to the side is
// farther than what lies ahead.
function nextStop(el, stops, at, [across, down]) {
  let best = at, least = Infinity;
  for (const stop of stops) {
    const x = (stop[0] - at[0]) * el.clientWidth, y = (stop[1] - at[1]) * el.clientHeight;
    const ahead = x * across + y * down, aside = Math.abs(x * down) + Math.abs(y * across);
    if (ahead > 1 && ahead + 2 * aside < least) [best, least] = [stop, ahead + 2 * aside];
  }
  return best;
}

function actionOf(event, hasSomethingOpen) {
  const { key, shiftKey } = event;
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) {
    if (key.toLowerCase() === "z") return shiftKey ? "redo" : "undo";
    return key.toLowerCase() === "y" ? "redo" : null;
  }
  if (key === "?") return "keys";
  if (shiftKey) return null;
  if (key === "Escape") return hasSomethingOpen ? "abandon" : null;
  return { Enter: "enter", b: "box", B: "box", Delete: "delete", Backspace: "delete" }[key] ?? null;
}

export default { render };
