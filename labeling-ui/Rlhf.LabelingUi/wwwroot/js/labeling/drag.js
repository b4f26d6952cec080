// Dragging the chips of an order with mouse, pen or finger. Only the chips take part: a finger anywhere else scrolls the page. A drop
// on a group ties, a drop between two groups puts the response there. Dragging is never needed.
const threshold = 5; // Pixels below which it is a tap.

export function makeDraggable(strip, question, { dispatch }) {
  let drag = null;

  strip.addEventListener("pointerdown", (event) => {
    const chip = event.target.closest("[data-chip]");
    if (!chip || event.button !== 0) return;
    drag = { id: chip.dataset.chip, chip, x: event.clientX, y: event.clientY, moved: false };
    strip.setPointerCapture(event.pointerId);
    event.preventDefault();
  });

  strip.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < threshold) return;
    drag.moved = true;
    drag.chip.classList.add("is-dragged");
    drag.chip.style.translate = `${dx}px ${dy}px`;
    show(target(event));
  });

  strip.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const { id, moved } = drag;
    const to = moved ? target(event) : null;
    end();
    if (!moved) dispatch({ does: "pick", question, id });
    else if (to) dispatch({ does: "put", question, id, index: to.index, tied: to.tied });
  });

  strip.addEventListener("pointercancel", end);

  function end() {
    if (!drag) return;
    drag.chip.classList.remove("is-dragged");
    drag.chip.style.translate = "";
    drag = null;
    show(null);
  }

  /** The groups without the dragged response, with their places on the screen. */
  function groups() {
    return [...strip.querySelectorAll("[data-group]")]
      .map((element) => ({ element, alone: element.querySelectorAll("[data-chip]").length === 1 && element.contains(drag.chip) }))
      .filter(({ alone }) => !alone)
      .map(({ element }) => ({ element, box: element.getBoundingClientRect() }));
  }

  function target({ clientX: x, clientY: y }) {
    const box = strip.getBoundingClientRect();
    if (y < box.top - 60 || y > box.bottom + 60) return null;
    const all = groups();
    const rtl = getComputedStyle(strip).direction === "rtl";
    for (let i = 0; i < all.length; i++) {
      const { element, box: { left, right, width } } = all[i];
      const inner = Math.min(10, width / 4);
      if (x > left + inner && x < right - inner) return { index: i, tied: true, element };
      if (rtl ? x >= right - inner : x <= left + inner) return { index: i, tied: false, element };
    }
    return { index: all.length, tied: false, element: null };
  }

  function show(to) {
    for (const { element } of drag ? groups() : [...strip.querySelectorAll("[data-group]")].map((element) => ({ element }))) {
      element.classList.toggle("is-target", to?.element === element && to.tied);
      element.classList.toggle("is-before", to?.element === element && !to.tied);
    }
  }
}
