/** The LiveKit room of one call: connect, hang up, microphone, text, and what comes in. It knows no page. */

const AGENT_STATE = "lk.agent.state";
const STATES = { idle: "listening", listening: "listening", thinking: "thinking", speaking: "speaking" };
const NEWS = ["sources", "latency", "call"];
const OPTIONS = { adaptiveStream: false, dynacast: false };
const CAPTURE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

// The agent answers a hang-up in a fraction of this; where it does not, it finds out by itself.
const GOODBYE_MS = 1500;
// A full reconnect takes everybody out of the room for a moment, the agent too.
const AGENT_GONE_MS = 1500;

export class Phone {
  #livekit;
  #events;
  #room = null;

  /**
   * `events` is told of everything: state(name), heard(id, text, final), said(id, piece), saidAll(id),
   * news(topic, object), microphone(track), microphoneProblem(error), devices(list, active), voice(track),
   * sound(allowed), token(text), over(why, {final}); not `final` where the call may still be gone back into.
   */
  constructor(livekit, events) {
    this.#livekit = livekit;
    this.#events = events;
  }

  /** Join with a ticket of the server. Rejects with a sentence where there is no way in. */
  async call(ticket, { deviceId, muted }) {
    const device = deviceId ? { deviceId: { ideal: deviceId } } : {};
    const room = new this.#livekit.Room({ ...OPTIONS, audioCaptureDefaults: { ...CAPTURE, ...device } });
    this.#room = room;
    this.#listen(room);
    this.#read(room);
    try {
      await room.connect(ticket.server_url, ticket.participant_token);
    } catch (error) {
      if (this.#room !== room) return; // hung up meanwhile
      this.#room = null;
      const server = ticket.server_url;
      const sentence = `The LiveKit server at ${server} is not in reach, or does not let us in. Is the agent still running?`;
      throw new Error(`${sentence} (${error.message})`, { cause: error });
    }
    if (this.#room !== room) return;
    // Only the engine tells of it: the room itself has no such event.
    room.engine?.on(this.#livekit.EngineEvent.TokenRefreshed, (token) => this.#events.token(token));
    this.#tellState(room);
    await this.useMicrophone({ muted });
  }

  /** Ask for the microphone and speak into the call; a failure is told as an event, the call goes on without. */
  async useMicrophone({ muted = false } = {}) {
    const room = this.#room;
    try {
      if (!navigator.mediaDevices) throw new Error("this page is not opened at a secure address");
      await room.localParticipant.setMicrophoneEnabled(true);
      if (muted) await room.localParticipant.setMicrophoneEnabled(false);
      await this.#tellDevices(room);
    } catch (error) {
      if (this.#room === room) this.#events.microphoneProblem(error);
    }
  }

  async mute(muted) {
    await this.#room.localParticipant.setMicrophoneEnabled(!muted);
  }

  /** Speak into another microphone from now on. */
  async switchMicrophone(deviceId) {
    await this.#room.switchActiveDevice("audioinput", deviceId);
  }

  async startAudio() {
    await this.#room.startAudio();
  }

  async send(text) {
    await this.#room.localParticipant.sendText(text, { topic: "lk.chat" });
  }

  /** Say goodbye to the agent, then leave. For the page the call is over at once. */
  async hangUp() {
    const room = this.#room;
    if (!room) return;
    this.#room = null;
    for (const person of room.remoteParticipants.values()) {
      for (const { track } of person.audioTrackPublications.values()) track?.detach();
    }
    const agent = this.#agent(room);
    if (agent) {
      const goodbye = room.localParticipant.performRpc({
        destinationIdentity: agent.identity,
        method: "hang_up",
        payload: "",
        responseTimeout: GOODBYE_MS,
      });
      // The library alone would wait 7 s for a sign that the request has arrived.
      await Promise.race([goodbye.catch(() => {}), new Promise((done) => setTimeout(done, GOODBYE_MS))]);
    }
    await room.disconnect();
  }

  #listen(room) {
    const { RoomEvent, Track } = this.#livekit;
    const on = (event, react) =>
      room.on(event, (...told) => {
        if (this.#room === room) react(...told);
      });
    const state = () => this.#tellState(room);
    on(RoomEvent.ConnectionStateChanged, state);
    on(RoomEvent.ParticipantConnected, state);
    on(RoomEvent.ParticipantAttributesChanged, state);
    on(RoomEvent.ParticipantDisconnected, (person) => {
      state();
      if (this.#isAgent(person)) setTimeout(() => this.#missAgent(room), AGENT_GONE_MS);
    });
    on(RoomEvent.TrackSubscribed, (track) => {
      if (track.kind !== Track.Kind.Audio) return;
      track.attach();
      this.#events.voice(track);
    });
    on(RoomEvent.TrackUnsubscribed, (track) => track.detach());
    const microphone = () => {
      const track = room.localParticipant.getTrackPublication(Track.Source.Microphone)?.track;
      if (track) this.#events.microphone(track);
    };
    on(RoomEvent.LocalTrackPublished, microphone);
    on(RoomEvent.ActiveDeviceChanged, microphone); // the track has another source now
    on(RoomEvent.TrackUnmuted, microphone);
    on(RoomEvent.MediaDevicesChanged, () => this.#tellDevices(room));
    on(RoomEvent.AudioPlaybackStatusChanged, () => this.#events.sound(room.canPlaybackAudio));
    let joined = false;
    on(RoomEvent.Connected, () => (joined = true));
    on(RoomEvent.Disconnected, (reason) => {
      if (!joined) return; // `connect` rejects, and tells
      this.#room = null;
      this.#events.over(...this.#why(reason));
    });
  }

  #read(room) {
    const on = (topic, take) =>
      room.registerTextStreamHandler(topic, async (reader, { identity }) => {
        try {
          await take(reader, identity === room.localParticipant.identity);
        } catch (error) {
          // Its sender left in the middle, or sent what nobody can read: the call goes on without it.
          console.warn(`lost something on ${topic}:`, error);
        }
      });
    on("lk.transcription", (reader, own) => (own ? this.#hear(room, reader) : this.#listenTo(room, reader)));
    for (const topic of NEWS) {
      on(topic, async (reader, own) => {
        const text = await reader.readAll();
        if (this.#room === room && !own) this.#events.news(topic, JSON.parse(text));
      });
    }
  }

  async #hear(room, reader) {
    const { attributes = {}, id } = reader.info;
    const text = await reader.readAll();
    if (this.#room !== room) return;
    this.#events.heard(attributes["lk.segment_id"] ?? id, text, attributes["lk.transcription_final"] === "true");
  }

  async #listenTo(room, reader) {
    const id = reader.info.attributes?.["lk.segment_id"] ?? reader.info.id;
    try {
      for await (const piece of reader) {
        if (this.#room === room) this.#events.said(id, piece);
      }
    } finally {
      if (this.#room === room) this.#events.saidAll(id);
    }
  }

  #tellState(room) {
    if (this.#room !== room || room.state === "disconnected") return;
    if (room.state === "connecting") this.#events.state("connecting");
    else if (room.state !== "connected") this.#events.state("reconnecting");
    else this.#events.state(STATES[this.#agent(room)?.attributes[AGENT_STATE]] ?? "waiting");
  }

  async #tellDevices(room) {
    const devices = await this.#livekit.Room.getLocalDevices("audioinput", false);
    if (this.#room === room) this.#events.devices(devices, room.getActiveDevice("audioinput"));
  }

  #agent(room) {
    return [...room.remoteParticipants.values()].find((person) => this.#isAgent(person));
  }

  #isAgent(person) {
    return person.kind === this.#livekit.ParticipantKind.AGENT;
  }

  #missAgent(room) {
    if (this.#room !== room || room.state !== "connected" || this.#agent(room)) return;
    this.#room = null;
    room.disconnect();
    this.#events.over("agent", { final: true });
  }

  #why(reason) {
    const { DisconnectReason } = this.#livekit;
    switch (reason) {
      case DisconnectReason.ROOM_DELETED:
      case DisconnectReason.ROOM_CLOSED:
      case DisconnectReason.PARTICIPANT_REMOVED:
        return ["agent", { final: true }];
      case DisconnectReason.DUPLICATE_IDENTITY:
        return ["elsewhere", { final: true }];
      default: // the network, the server, or this page being left
        return ["lost", { final: false }];
    }
  }
}
