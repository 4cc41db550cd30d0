/** The call's controls: the button with its ring, the status, the timer, the microphone. */

import { Smooth } from "./levels.js";

const by = (id) => document.getElementById(id);
const [call, status, timer, sound] = ["call", "status", "timer", "sound"].map(by);
const [mute, microphone, meter] = ["mute", "microphone", "meter"].map(by);
const rings = document.querySelector(".dial");

export class Controls {
  agentName = "the agent";
  #levels;
  #since = 0;
  #running = false;
  #ring = new Smooth();
  #mic = new Smooth();

  /** `levels` are two functions, `own()` and `agent()`, that give the present RMS of each voice. */
  constructor(levels) {
    this.#levels = levels;
  }

  get state() {
    return document.body.dataset.state;
  }

  get inCall() {
    return !["idle", "ended"].includes(this.state);
  }

  /** Show a state; `text` where its own words would say too little. */
  show(state, text = this.#words(state)) {
    document.body.dataset.state = state;
    if (status.textContent !== text) status.textContent = text;
    const label = this.inCall ? "Hang up" : "Call";
    call.setAttribute("aria-label", label);
    call.title = label;
    if (this.inCall && !this.#running) this.#run();
    if (!this.inCall) this.#rest();
  }

  /** Count from this moment, in milliseconds of the epoch. */
  startTimer(since) {
    this.#since = since;
  }

  stopTimer() {
    this.#since = 0;
  }

  showMuted(muted) {
    mute.setAttribute("aria-pressed", String(muted));
    mute.setAttribute("aria-label", muted ? "Unmute" : "Mute");
    mute.title = muted ? "Unmute" : "Mute";
  }

  get muted() {
    return mute.getAttribute("aria-pressed") === "true";
  }

  /** Whether there is a microphone in the call to mute. */
  allowMute(allowed) {
    mute.disabled = !allowed;
  }

  /** The choice of microphones; those without a label are hidden until there is permission. */
  showDevices(devices, active) {
    const known = devices.filter((device) => device.label);
    if (known.length === 0) return;
    const chosen = active ?? microphone.value;
    microphone.replaceChildren(...known.map(({ label, deviceId }) => new Option(label, deviceId)));
    microphone.disabled = false;
    if (known.some((device) => device.deviceId === chosen)) microphone.value = chosen;
  }

  /** There is no microphone in this call. */
  showNoDevice() {
    microphone.replaceChildren(new Option("Not in use", ""));
    microphone.disabled = true;
  }

  get deviceId() {
    return microphone.value;
  }

  offerSound(offered) {
    sound.hidden = !offered;
  }

  #words(state) {
    const name = this.agentName;
    return {
      idle: "Not in a call",
      connecting: "Connecting…",
      waiting: `Calling ${name}…`,
      listening: "Listening",
      thinking: "Thinking…",
      speaking: `${name[0].toUpperCase()}${name.slice(1)} is speaking`,
      reconnecting: "Reconnecting…",
      ended: "The call is over",
    }[state];
  }

  #run() {
    this.#running = true;
    const frame = () => {
      if (!this.#running) return;
      const own = this.#levels.own();
      meter.style.transform = `scaleX(${this.#mic.next(own)})`;
      const heard = { listening: own, speaking: this.#levels.agent() }[this.state] ?? 0;
      rings.style.setProperty("--level", this.#ring.next(heard).toFixed(3));
      if (this.#since) this.#showTime(Math.floor((Date.now() - this.#since) / 1000));
      requestAnimationFrame(frame);
    };
    frame();
  }

  #rest() {
    this.#running = false;
    rings.style.setProperty("--level", 0);
    meter.style.transform = "scaleX(0)";
  }

  #showTime(seconds) {
    const two = (number) => String(number).padStart(2, "0");
    const text = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
    if (timer.textContent !== text) timer.textContent = text;
  }
}
