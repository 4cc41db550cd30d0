/** Problems, each with what to do about it: one at a time, the latest. */

const box = document.getElementById("notice");

/** Show a problem; `action` is an optional `{label, run}`, a button that mends it. */
export function showNotice(text, action) {
  const words = document.createElement("p");
  words.textContent = text;
  const buttons = document.createElement("div");
  if (action) buttons.append(button(action.label, "act", action.run));
  buttons.append(button("Dismiss", "dismiss", clearNotice));
  box.replaceChildren(words, buttons);
  box.hidden = false;
}

export function clearNotice() {
  if (box.contains(document.activeElement)) document.getElementById("call").focus({ preventScroll: true });
  box.hidden = true;
  box.replaceChildren();
}

function button(label, kind, run) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = label;
  made.addEventListener("click", run);
  return made;
}

const MICROPHONE = {
  NotAllowedError:
    "The browser does not give this page the microphone. Press the camera or lock icon beside the address, allow the microphone, then press “Use the microphone”.",
  NotFoundError: "No microphone was found. Plug one in, then press “Use the microphone”.",
  NotReadableError:
    "Another program has the microphone. Close it there, then press “Use the microphone”.",
};

/** Tell why there is no microphone. The call goes on in writing. */
export function showMicrophoneProblem(error, again) {
  const meanwhile = "Until then you can type.";
  if (!navigator.mediaDevices) {
    showNotice(
      "Browsers give the microphone only to https pages and to 127.0.0.1. Open this page at such an address to speak; here you can type.",
    );
    return;
  }
  const cause = MICROPHONE[error.name] ?? `The microphone cannot be used (${error.message}).`;
  showNotice(`${cause} ${meanwhile}`, { label: "Use the microphone", run: again });
}
