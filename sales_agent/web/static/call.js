/** One call at a time, from the press of the button to its end: what the phone tells goes to the page. */

import { Level } from "./levels.js";
import { library } from "./library.js";
import { clearNotice, showMicrophoneProblem, showNotice } from "./notice.js";
import { showFacts } from "./panel.js";
import { Phone } from "./phone.js";
import { forgetCall, rememberCall } from "./remembered.js";
import { Refused } from "./server.js";

const SOMEBODY_THERE = ["listening", "thinking", "speaking"];
// An agent comes in a tenth of a second. One that has just started, or is busy, never comes to a room that it let
// pass: it is asked again with a new one.
const NOBODY_MS = 7_000;
const TRIES = 3;
// For the first word of the greeting. A typed line cuts the agent short, and the greeting is worth hearing.
const GREETING_MS = 2_500;

export class Call {
  own = new Level();
  agent = new Level();
  #server;
  #conversation;
  #onSources;
  #controls;
  #phone = null;
  #record = null; // what is remembered of it, while there is a call to go back into
  #waiting = []; // typed lines that nobody is there to read yet
  #greeted = false;
  #tries = 0;
  #patience;

  /** `onSources(news)` gets what each answer rests on. */
  constructor(server, conversation, onSources) {
    this.#server = server;
    this.#conversation = conversation;
    this.#onSources = onSources;
  }

  set controls(controls) {
    this.#controls = controls;
  }

  /** Call anew. */
  async begin() {
    forgetCall();
    this.#conversation.start();
    showFacts();
    this.#waiting = [];
    this.#greeted = false;
    this.#tries = 1;
    await this.#connect({ startedAt: 0, muted: false });
  }

  /** Go back into the call that `rememberedCall()` gave, with everything that was said in it. */
  async comeBack(earlier) {
    this.#conversation.start(earlier.turns);
    showFacts(earlier.facts);
    this.#waiting = [];
    this.#greeted = true;
    this.#tries = 1;
    await this.#connect(earlier, earlier.participant_token);
  }

  hangUp() {
    const phone = this.#phone;
    this.#end("You hung up", { final: true });
    phone?.hangUp().catch((error) => console.warn("not a clean goodbye:", error));
  }

  /** Say something in writing, now or as soon as somebody is there. */
  write(text) {
    if (this.#greeted && SOMEBODY_THERE.includes(this.#controls.state)) {
      this.#send(this.#conversation.typed(text, { waiting: false }));
      return;
    }
    if (!this.#controls.inCall) this.begin();
    this.#waiting.push(this.#conversation.typed(text, { waiting: true }));
  }

  async mute(muted) {
    try {
      await this.#phone.mute(muted);
      this.#controls.showMuted(muted);
    } catch (error) {
      this.#missMicrophone(error);
    }
  }

  async switchMicrophone(deviceId) {
    try {
      await this.#phone?.switchMicrophone(deviceId);
    } catch (error) {
      this.#missMicrophone(error);
    }
  }

  startAudio() {
    // Where the browser says no again, the button stays.
    this.#phone?.startAudio().catch((error) => console.warn("still no sound:", error));
  }

  /** Write down where we are, so that a reload can go on from here. */
  remember() {
    if (!this.#record) return;
    const { muted } = this.#controls;
    rememberCall({ ...this.#record, muted, turns: this.#conversation.saved() });
  }

  async #connect({ startedAt, muted, facts }, earlierToken) {
    clearNotice();
    this.#controls.showMuted(muted);
    this.#controls.show("connecting", earlierToken && "Going back into your call…");
    const started = (this.#phone = { hangUp: async () => {} }); // until there is one
    try {
      const [livekit, ticket] = await Promise.all([library(), this.#server.ticket(earlierToken)]);
      if (this.#phone !== started) return; // hung up meanwhile
      this.#phone = new Phone(livekit, this.#events(livekit));
      this.#record = { ...ticket, startedAt: startedAt || Date.now(), facts };
      this.#controls.startTimer(this.#record.startedAt);
      if (earlierToken) this.#conversation.note("Back in your call");
      await this.#phone.call(ticket, { deviceId: this.#controls.deviceId, muted });
    } catch (error) {
      if (this.#phone === null) return;
      const over = error instanceof Refused && [403, 410].includes(error.status) && earlierToken;
      this.#end(over ? "That call is over" : "No connection", { final: true });
      showNotice(error.message);
    }
  }

  #events(livekit) {
    const conversation = this.#conversation;
    return {
      state: (state) => this.#reached(state),
      heard: (...told) => conversation.heard(...told),
      said: (...told) => conversation.said(...told),
      saidAll: (...told) => conversation.saidAll(...told),
      news: (topic, news) => {
        if (topic === "sources") this.#onSources(news);
        if (topic !== "call") return conversation[topic](news);
        this.#record.facts = news;
        showFacts(news);
      },
      microphone: (track) => {
        this.own.follow(livekit, track);
        this.#controls.allowMute(true);
      },
      microphoneProblem: (error) => {
        this.#controls.showNoDevice();
        this.#missMicrophone(error);
      },
      devices: (devices, active) => this.#controls.showDevices(devices, active),
      voice: (track) => this.agent.follow(livekit, track),
      sound: (allowed) => this.#controls.offerSound(!allowed),
      token: (token) => (this.#record.participant_token = token),
      over: (why, { final }) => this.#end(this.#reason(why), { final }),
    };
  }

  #reached(state) {
    if (state === this.#controls.state) return;
    clearTimeout(this.#patience);
    this.#controls.show(state);
    this.remember();
    if (state === "speaking") this.#greeted = true;
    if (state === "waiting") this.#patience = setTimeout(() => this.#nobody(), NOBODY_MS);
    if (state !== "listening") return;
    if (this.#greeted) this.#sendWaiting();
    else this.#patience = setTimeout(() => this.#sendWaiting(), GREETING_MS);
  }

  async #nobody() {
    if (this.#tries < TRIES) {
      this.#tries += 1;
      const call = { ...this.#record, muted: this.#controls.muted };
      await this.#phone.hangUp();
      if (this.#phone) await this.#connect(call);
      return;
    }
    this.#controls.show("waiting", "Nobody answers. Is the agent running? “agent.py dev” starts it.");
  }

  #sendWaiting() {
    this.#greeted = true;
    for (const turn of this.#waiting.splice(0)) this.#send(turn);
  }

  async #send(turn) {
    try {
      await this.#phone.send(turn.words);
      this.#conversation.sent(turn);
    } catch (error) {
      this.#conversation.drop(turn);
      showNotice(`“${turn.words}” was not sent (${error.message}). Type it again.`);
    }
  }

  #missMicrophone(error) {
    showMicrophoneProblem(error, () => {
      clearNotice();
      this.#phone?.useMicrophone();
    });
  }

  #reason(why) {
    const name = this.#controls.agentName;
    return {
      agent: `${name[0].toUpperCase()}${name.slice(1)} hung up`,
      elsewhere: "The call goes on in another window",
      lost: "The connection was lost",
    }[why];
  }

  #end(text, { final }) {
    clearTimeout(this.#patience);
    // Written down a last time where it may go on: this page may just be on its way out.
    if (final) forgetCall();
    else this.remember();
    this.#phone = this.#record = null;
    for (const level of [this.own, this.agent]) level.stop();
    this.#conversation.close();
    this.#controls.stopTimer();
    this.#controls.allowMute(false);
    this.#controls.showMuted(false);
    this.#controls.offerSound(false);
    this.#controls.show("ended", text);
    clearNotice();
  }
}
