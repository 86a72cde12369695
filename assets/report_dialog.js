// The form that Sentry.showReportDialog() shows after an error. It runs in somebody else's page: no style sheet, no
// global name, no HTML made of text. The server appends the call: (function…)({"title": "…", …});
(function (options) {
  "use strict";
  const words = {
    title: "Something went wrong",
    subtitle: "Our team has been told.",
    subtitle2: "If you want to help, say what you were doing.",
    labelName: "Name",
    labelEmail: "Email",
    labelComments: "What happened?",
    labelClose: "Close",
    labelSubmit: "Send",
    errorGeneric: "The report could not be sent. Please try again.",
    errorFormEntry: "Some fields were not filled in. Please look again.",
    successMessage: "Thank you. Your report has been sent.",
    ...options,
  };
  const action = document.currentScript.src;
  const before = document.activeElement;

  function element(name, style, properties, ...children) {
    const made = document.createElement(name);
    made.style.cssText = style;
    Object.assign(made, properties);
    made.append(...children);
    return made;
  }

  const font = "font:400 15px/22px system-ui,sans-serif;color:#28272d;";
  const fieldStyle = font + "display:block;box-sizing:border-box;width:100%;margin:2px 0 12px;padding:7px 10px;" +
    "border:1px solid #626168;border-radius:6px;background:#fff;";
  const buttonStyle = "font:500 15px/22px system-ui,sans-serif;padding:7px 16px;border-radius:6px;cursor:pointer;";

  function field(label, name, properties) {
    const input = element(name === "comments" ? "textarea" : "input", fieldStyle, { name, ...properties });
    return element("label", font + "display:block;font-weight:500;", {}, label, input);
  }

  const status = element("p", font + "margin:0 0 12px;min-height:22px;");
  status.setAttribute("role", "status");
  const comments = field(words.labelComments, "comments", { required: true, rows: 5, maxLength: 4096 });
  const close = element("button", buttonStyle + "border:1px solid #89888d;background:#fff;color:#28272d;",
    { type: "button" }, words.labelClose);
  const submit = element("button", buttonStyle + "border:1px solid #2f68b4;background:#2f68b4;color:#fff;",
    { type: "submit" }, words.labelSubmit);
  const form = element("form", "margin:0;", {},
    field(words.labelName, "name", { type: "text", autocomplete: "name", maxLength: 128, value: options.name || "" }),
    field(words.labelEmail, "email", { type: "email", autocomplete: "email", maxLength: 200, value: options.email || "" }),
    comments, status,
    element("div", "display:flex;justify-content:flex-end;gap:8px;", {}, close, submit));
  const title = element("h2", font + "margin:0 0 4px;font-size:20px;line-height:26px;font-weight:600;",
    { id: "culprit-report-title" }, words.title);
  const box = element("div", "box-sizing:border-box;width:min(480px,94vw);max-height:94vh;overflow:auto;padding:24px;" +
    "border-radius:10px;background:#fff;box-shadow:0 8px 40px rgba(0,0,0,.35);text-align:left;", {}, title,
    element("p", font + "margin:0 0 16px;", {}, words.subtitle + " " + words.subtitle2), form);
  const shade = element("div", "position:fixed;inset:0;z-index:2147483647;display:flex;align-items:center;" +
    "justify-content:center;background:rgba(20,20,25,.6);", {}, box);
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-modal", "true");
  box.setAttribute("aria-labelledby", title.id);

  function end() {
    shade.remove();
    if (before && before.focus) before.focus();
    window.postMessage("__sentry_reportdialog_closed__", "*");
  }

  // Tab stays in the form.
  function onKey(event) {
    if (event.key === "Escape") end();
    if (event.key !== "Tab") return;
    const all = [...box.querySelectorAll("input,textarea,button")].filter((one) => !one.disabled && !one.hidden);
    const last = event.shiftKey ? all[0] : all[all.length - 1];
    if (document.activeElement !== last) return;
    (event.shiftKey ? all[all.length - 1] : all[0]).focus();
    event.preventDefault();
  }

  async function send(event) {
    event.preventDefault();
    submit.disabled = true;
    status.textContent = "";
    try {
      const answer = await fetch(action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (answer.ok) {
        form.replaceChildren(status, close);
        status.textContent = words.successMessage;
        close.focus();
        return;
      }
      status.textContent = answer.status === 400 ? words.errorFormEntry : words.errorGeneric;
    } catch {
      status.textContent = words.errorGeneric;
    }
    submit.disabled = false;
  }

  close.addEventListener("click", end);
  shade.addEventListener("keydown", onKey);
  form.addEventListener("submit", send);
  document.body.append(shade);
  form.elements[0].focus();
})
