// What a page cannot do by itself: passkeys, copying, files, and taking a link's token out of the address.
// Everything else works without this file.

document.documentElement.classList.add("scripted");

const fromText = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// WebAuthn Level 3, section 5.1: options and responses have bytes where JSON has base64url.
function readOptions(plain) {
  const options = { ...plain, challenge: fromText(plain.challenge) };
  if (plain.user) options.user = { ...plain.user, id: fromText(plain.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (plain[list]) options[list] = plain[list].map((each) => ({ ...each, id: fromText(each.id) }));
  }
  return options;
}

function writeCredential(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response };
}

for (const form of document.querySelectorAll("form[data-webauthn]")) {
  const ask = async () => {
    const problem = form.querySelector("[data-problem]");
    problem.hidden = true;
    try {
      const publicKey = readOptions(JSON.parse(form.dataset.options));
      const credential = await navigator.credentials[form.dataset.webauthn]({ publicKey });
      form.elements.response.value = JSON.stringify(writeCredential(credential));
      form.submit();
    } catch {
      problem.hidden = false;
    }
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  if ("now" in form.dataset) ask();
}

// A form is sent once: the second click of a double click finds its button asleep.
for (const form of document.querySelectorAll("form:not([data-webauthn])")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", (event) => {
  for (const form of document.forms) delete form.dataset.sent;
  // A page that was kept in memory may have shown a secret.
  if (event.persisted && document.querySelector("[data-secret]")) location.replace("/keys");
});
addEventListener("pagehide", () => {
  for (const each of document.querySelectorAll("[data-secret] output")) each.textContent = "";
});

// The token behind the # of a link: into the form, and out of the address and the history.
const link = document.querySelector("form[data-link]");
if (link && location.hash.length > 1) {
  link.elements.link.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  link.submit();
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });
}

for (const button of document.querySelectorAll("[data-file]")) {
  button.addEventListener("click", () => {
    const lines = [...document.querySelectorAll("[data-env]")].map((each) => `${each.dataset.env}=${each.textContent}\n`);
    const place = URL.createObjectURL(new Blob(lines, { type: "text/plain" }));
    const anchor = Object.assign(document.createElement("a"), { href: place, download: button.dataset.file });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(place), 1000);
  });
}
