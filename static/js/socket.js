// One WebSocket for the page. Keeps its topics over reconnects and resumes each from its last sequence number.

const RETRY_FIRST_MS = 400;
const RETRY_MOST_MS = 15_000;
const PING_MS = 10_000;
const SILENCE_MS = 30_000;

class LiveSocket {
  #url;
  #socket = null;
  #topics = new Map();
  #watchers = new Set();
  #tries = 0;
  #heardAt = 0;
  #state = "idle";

  constructor(url) {
    this.#url = url;
    setInterval(() => this.#beat(), PING_MS);
    addEventListener("online", () => this.#reconnectNow());
    addEventListener("pageshow", (event) => event.persisted && this.#reconnectNow());
  }

  /** listener({type: "snapshot" | "delta" | "error", seq, data, code, message}); returns the function that ends it. */
  subscribe(topic, listener) {
    const known = this.#topics.get(topic);
    const entry = known ?? { seq: null, listeners: new Set() };
    entry.listeners.add(listener);
    this.#topics.set(topic, entry);
    if (this.#state === "idle") this.#connect();
    else if (!known) this.#ask(topic, entry);
    return () => this.#leave(topic, listener);
  }

  /** watcher(state): "connecting", "open", "lost" or "revoked". */
  watch(watcher) {
    this.#watchers.add(watcher);
    watcher(this.#state);
  }

  #leave(topic, listener) {
    const entry = this.#topics.get(topic);
    entry?.listeners.delete(listener);
    if (!entry || entry.listeners.size > 0) return;
    this.#topics.delete(topic);
    this.#send({ type: "unsubscribe", topic });
  }

  #connect() {
    this.#become(this.#tries ? "lost" : "connecting");
    this.#heardAt = performance.now();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#opened());
    socket.addEventListener("message", (event) => this.#received(event.data));
    socket.addEventListener("close", () => this.#closed(socket));
  }

  #opened() {
    this.#tries = 0;
    this.#become("open");
    for (const [topic, entry] of this.#topics) this.#ask(topic, entry);
  }

  #ask(topic, entry) {
    this.#send(entry.seq === null ? { type: "subscribe", topic } : { type: "subscribe", topic, since: entry.seq });
  }

  #send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #received(text) {
    this.#heardAt = performance.now();
    const frame = JSON.parse(text);
    if (frame.type === "revoked") {
      this.#become("revoked");
      this.#socket.close();
      return;
    }
    const entry = this.#topics.get(frame.topic);
    if (!entry) return;
    if (frame.type === "delta" && entry.seq !== null && frame.seq <= entry.seq) return;
    if (frame.type !== "error") entry.seq = frame.seq;
    for (const listener of [...entry.listeners]) listener(frame);
  }

  #closed(socket) {
    if (socket !== this.#socket || this.#state === "revoked") return;
    this.#tries += 1;
    this.#become("lost");
    const wait = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#tries - 1, 6));
    setTimeout(() => socket === this.#socket && this.#connect(), wait * (0.5 + Math.random() / 2));
  }

  #beat() {
    if (this.#state !== "open") return;
    if (performance.now() - this.#heardAt > SILENCE_MS) this.#socket.close();
    else this.#send({ type: "ping" });
  }

  #reconnectNow() {
    if (this.#state === "lost" && this.#socket.readyState === WebSocket.CLOSED) this.#connect();
  }

  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    for (const watcher of this.#watchers) watcher(state);
  }
}

export const socket = new LiveSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live`);
