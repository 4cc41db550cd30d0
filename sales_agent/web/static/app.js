/** Wires the page together. */

import { About } from "./about.js";
import { Call } from "./call.js";
import { Controls } from "./controls.js";
import { Conversation } from "./conversation.js";
import { library } from "./library.js";
import { showNotice } from "./notice.js";
import { showFacts } from "./panel.js";
import { rememberedCall, takeSecretFromAddress } from "./remembered.js";
import { askSecret } from "./secret.js";
import { Server } from "./server.js";
import { showExamples, showNames } from "./welcome.js";

// Often enough that a crash loses little, seldom enough that nobody notices.
const REMEMBER_MS = 3_000;

takeSecretFromAddress();
const by = (id) => document.getElementById(id);
const server = new Server(askSecret);
const about = new About(server);
const conversation = new Conversation();
const call = new Call(server, conversation, ({ sources }) => about.answered(sources));
const controls = new Controls({ own: () => call.own.rms(), agent: () => call.agent.rms() });
call.controls = controls;
window.agentLevel = () => call.agent.rms();

by("call").addEventListener("click", () => (controls.inCall ? call.hangUp() : call.begin()));
by("mute").addEventListener("click", () => call.mute(!controls.muted));
by("microphone").addEventListener("change", () => call.switchMicrophone(controls.deviceId));
by("sound").addEventListener("click", () => call.startAudio());
by("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = by("text").value.trim();
  if (!text) return;
  by("text").value = "";
  call.write(text);
});
by("examples").addEventListener("click", (event) => {
  const example = event.target.closest("button");
  if (!example) return;
  call.write(example.textContent);
  by("call").focus({ preventScroll: true }); // the example is gone now, and the focus would go with it
});

async function introduce() {
  const told = await about.show();
  if (told.agent) controls.agentName = conversation.agentName = told.agent;
  showNames(told);
  showExamples(told);
}

// A choice before the first call, where the browser still knows its permission; without, it names no device.
async function listMicrophones() {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  controls.showDevices(devices.filter(({ kind }) => kind === "audioinput"));
}

function comeBack() {
  const earlier = controls.inCall ? null : rememberedCall();
  if (earlier) call.comeBack(earlier);
}

setInterval(() => call.remember(), REMEMBER_MS);
addEventListener("pagehide", () => call.remember());
// Back from the browser's cache, or from a frozen tab: the library has left the call, the agent still waits.
addEventListener("pageshow", (event) => event.persisted && comeBack());
document.addEventListener("resume", comeBack);

showFacts();
listMicrophones();
controls.show("idle");
introduce()
  .catch((error) => showNotice(error.message))
  .then(comeBack);
library().catch((error) => showNotice(error.message));
