/** What outlives a reload of this tab: the running call, and the secret of the page. */

const CALL = "sales-agent.call";
const SECRET = "sales-agent.secret";

// The agent waits 30 s for a caller who vanished; five of them are for the way back.
const FRESH_MS = 25_000;

/** Keep the call as it is now: its ticket, its transcript, its facts. */
export function rememberCall(call) {
  write(CALL, JSON.stringify({ ...call, at: Date.now() }));
}

/** The call of a moment ago, or null where there is none to go back into. */
export function rememberedCall() {
  try {
    const call = JSON.parse(read(CALL));
    return call && Date.now() - call.at <= FRESH_MS ? call : null;
  } catch {
    return null; // written by another version of this page
  }
}

export function forgetCall() {
  write(CALL, null);
}

export function secret() {
  return read(SECRET) ?? "";
}

export function rememberSecret(text) {
  write(SECRET, text);
}

/** Take the secret out of `#secret=…`, and out of the address bar, the history and every screenshot. */
export function takeSecretFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("secret");
  if (given === null) return;
  rememberSecret(given);
  history.replaceState(null, "", location.pathname + location.search);
}

// Storage may be full, or forbidden in a private window. The page then works as before, and forgets.
function write(key, text) {
  try {
    if (text === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch (error) {
    console.warn("not remembered:", error);
  }
}

function read(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}
