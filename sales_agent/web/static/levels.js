/** How loud a track is, now. */

export class Level {
  #analysis = null;
  #media = null;
  #samples = null;

  /** Measure this LiveKit audio track from now on. */
  follow(livekit, track) {
    if (track.mediaStreamTrack === this.#media) return;
    this.stop();
    this.#media = track.mediaStreamTrack;
    // 1024 samples are 21 ms: short enough for a ring that keeps step with the voice.
    this.#analysis = livekit.createAudioAnalyser(track, { fftSize: 1024 });
    this.#samples = new Float32Array(this.#analysis.analyser.fftSize);
  }

  stop() {
    this.#analysis?.cleanup().catch(() => {}); // its context may be closed with the room
    this.#analysis = this.#media = null;
  }

  /** The present root mean square, 0 to 1. Speech is about 0.05 to 0.3. */
  rms() {
    if (!this.#analysis) return 0;
    this.#analysis.analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
  }
}

/** A level as the eye wants it: quiet speech is seen, loud speech does not jump out, and it falls slowly. */
export class Smooth {
  #shown = 0;

  next(rms) {
    const wanted = Math.min(1, Math.sqrt(Math.max(0, rms - 0.004) * 5));
    const speed = wanted > this.#shown ? 0.45 : 0.12;
    this.#shown += (wanted - this.#shown) * speed;
    return this.#shown < 0.005 ? 0 : this.#shown;
  }
}
