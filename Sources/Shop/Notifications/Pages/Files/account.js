"use strict";
(() => {
  const texts = {
    en: {
      "confirm-email": "Confirm your e-mail address", "reset-password": "Set a new password", "sign-in": "Sign in",
      confirm: "Confirm", set: "Set the password", signIn: "Sign in", password: "New password (8 to 128 characters)",
      confirmed: "Your e-mail address is confirmed. You can sign in now.",
      waiting: "Thank you. Please open the link in the message to the other address, too.",
      done: "The new password is set. You can sign in with it now.", signedIn: "You are signed in.",
      invalid: "This link is no longer valid. It works once, and for a limited time. Please ask for another one.",
      failed: "This does not work at the moment. Please try again in a moment.",
    },
    de: {
      "confirm-email": "E-Mail-Adresse bestätigen", "reset-password": "Neues Passwort festlegen", "sign-in": "Anmelden",
      confirm: "Bestätigen", set: "Passwort festlegen", signIn: "Anmelden", password: "Neues Passwort (8 bis 128 Zeichen)",
      confirmed: "Ihre E-Mail-Adresse ist bestätigt. Sie können sich jetzt anmelden.",
      waiting: "Danke. Bitte öffnen Sie auch den Link in der Nachricht an die andere Adresse.",
      done: "Das neue Passwort ist festgelegt. Sie können sich jetzt damit anmelden.", signedIn: "Sie sind angemeldet.",
      invalid: "Dieser Link ist nicht mehr gültig. Er gilt einmal und nur für kurze Zeit. Bitte fordern Sie einen neuen an.",
      failed: "Das geht gerade nicht. Bitte versuchen Sie es gleich noch einmal.",
    },
  };
  const language = (navigator.language || "en").toLowerCase().split("-")[0] === "de" ? "de" : "en";
  const text = texts[language];
  const page = document.getElementById("page");
  const name = location.pathname.split("/").pop();
  const token = location.hash.slice(1);
  // The token stays out of the history and of what other pages see.
  history.replaceState(null, "", location.pathname);
  document.documentElement.lang = language;
  document.title = text[name] || text.invalid;

  // Text is only ever set as text, never as markup.
  const element = (kind, content, properties = {}) => Object.assign(document.createElement(kind), { textContent: content }, properties);
  const heading = element("h1", text[name] || "");
  const message = element("p", "", { role: "status" });
  const button = element("button", "", { type: "submit" });
  const form = document.createElement("form");
  const password = element("input", "", {
    type: "password", autocomplete: "new-password", minLength: 8, maxLength: 128, required: true, id: "password",
  });

  const steps = {
    "confirm-email": ["POST", "/v1/email-confirmations", () => ({ token }), text.confirm,
      (answer) => answer.status === "waiting" ? text.waiting : text.confirmed],
    "reset-password": ["PUT", "/v1/password-resets", () => ({ token, password: password.value }), text.set, () => text.done],
    "sign-in": ["POST", "/v1/sessions", () => ({ link_token: token }), text.signIn, () => text.signedIn],
  };
  const step = steps[name];
  if (!step || !token) {
    page.replaceChildren(heading, element("p", text.invalid));
    return;
  }
  const [method, path, body, label, outcome] = step;
  button.textContent = label;
  if (name === "reset-password") form.append(element("label", text.password, { htmlFor: "password" }), password);
  form.append(button);
  page.replaceChildren(heading, form, message);

  // Nothing is sent before the person presses the button: programs that look through mails open links, too.
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    message.textContent = "";
    try {
      const response = await fetch(path, {
        method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body()),
      });
      const answer = response.status === 204 ? {} : await response.json();
      if (response.ok) {
        form.remove();
        message.textContent = outcome(answer);
        return;
      }
      const isPassword = (answer.errors || []).some((error) => error.pointer === "/password");
      message.textContent = isPassword ? answer.detail : response.status < 500 && response.status !== 429 ? text.invalid : text.failed;
    } catch {
      message.textContent = text.failed;
    }
    button.disabled = false;
  });
})();
