// Counts up, or down from data.seconds; a new data.id starts it afresh.
const clocks = new WeakMap();

const text = (seconds) => {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".timer");
  const [output, toggle, reset] = ["output", ".toggle", ".reset"].map((name) => root.querySelector(name));
  const clock = clocks.get(parentElement) ?? { id: null, spent: 0, since: null };
  clocks.set(parentElement, clock);
  if (clock.id !== data.id) Object.assign(clock, { id: data.id, spent: 0, since: data.autostart ? Date.now() : null });

  const spent = () => clock.spent + (clock.since ? (Date.now() - clock.since) / 1000 : 0);
  const draw = () => {
    output.textContent = data.down ? text(data.seconds - spent()) : `${text(spent())} of ${text(data.seconds)}`;
    root.classList.toggle("over", spent() > data.seconds);
    toggle.textContent = clock.since ? "Pause" : "Start";
    toggle.setAttribute("aria-label", `${toggle.textContent} the timer`);
  };
  toggle.onclick = () => {
    clock.spent = spent();
    clock.since = clock.since ? null : Date.now();
    draw();
  };
  reset.onclick = () => {
    Object.assign(clock, { spent: 0, since: null });
    draw();
  };
  draw();
  const ticking = setInterval(draw, 250);
  return () => clearInterval(ticking);
}
