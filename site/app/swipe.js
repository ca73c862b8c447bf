// One image over another, with a divider that the pointer or the keyboard moves.

/**
 * box holds both images and range, whose value is where the divider is, in
 * percent from the left. A press anywhere moves it there.
 */
export function startSwipe(box, range) {
  const show = () => {
    const left = Number(range.value);
    box.style.setProperty("--at", `${left}%`);
    range.ariaValueText = `A ${left} %, B ${100 - left} %`;
  };
  const move = ({ clientX }) => {
    const { left, width } = box.getBoundingClientRect();
    range.value = 100 * (clientX - left) / width;
    show();
  };
  box.addEventListener("pointerdown", event => {
    if (event.button !== 0 || range.hidden) return;
    event.preventDefault(); // no text is selected; the focus goes to the divider
    range.focus({ preventScroll: true });
    box.setPointerCapture(event.pointerId);
    move(event);
  });
  box.addEventListener("pointermove", event => {
    if (box.hasPointerCapture(event.pointerId)) move(event);
  });
  range.addEventListener("input", show);
  show();
}
