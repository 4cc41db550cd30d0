/** Asks for the secret of the page. */

import { Refused } from "./server.js";

const dialog = document.getElementById("secret");
const text = document.getElementById("secret-text");
const hint = document.getElementById("secret-hint");

/** What was typed; `again` where the secret before it was wrong. Rejects where the reader goes away from it. */
export function askSecret(again) {
  hint.textContent = again
    ? "That secret is not right. Look at it again, and enter it once more."
    : "Enter the secret that you were given with its address.";
  dialog.classList.toggle("wrong", again);
  text.value = "";
  dialog.showModal();
  return new Promise((resolve, reject) => {
    const events = new AbortController();
    const once = { signal: events.signal };
    dialog.querySelector("form").addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        events.abort();
        dialog.close();
        resolve(text.value.trim());
      },
      once,
    );
    dialog.addEventListener(
      "close",
      () => {
        events.abort();
        reject(new Refused("This page needs its secret. Load it again to enter it.", 401));
      },
      once,
    );
  });
}
