/** LiveKit's browser library, loaded beside the page so that the page is there before it. */

const ADDRESS = "/livekit-client.js";

let loading = null;

/** The library; rejects with the reason, worded for people, and can then be asked for again. */
export function library() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load() {
  const script = document.createElement("script");
  script.src = ADDRESS;
  const loaded = new Promise((resolve) => {
    script.onload = () => resolve(true);
    script.onerror = () => resolve(false);
  });
  document.head.append(script);
  if (!(await loaded) || !window.LivekitClient) {
    script.remove();
    throw new Error(await reason());
  }
  window.LivekitClient.setLogLevel("warn");
  return window.LivekitClient;
}

// A script that fails tells nothing: the server's text says why.
async function reason() {
  try {
    const response = await fetch(ADDRESS);
    const text = response.ok ? "" : (await response.text()).trim();
    return text || "LiveKit's browser library could not be loaded. Load the page again.";
  } catch {
    return "The server of this page does not answer. Is the agent still running?";
  }
}
