// app.js - comfort on top of pages that work without it: fresh times, copying,
// menus that close, keyboard. No dependency, no inline handler, no
// innerHTML (the pages require Trusted Types).
const first = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const root = document.documentElement;
root.classList.add('js');

// Relative times: the server writes a correct first text, this keeps it fresh.
// Date.now() is corrected by the server's clock.
const serverNow = Number(document.body.dataset.now || 0);
const skew = serverNow - Date.now();
const steps = [
  [365 * 86400, 'y'], [30 * 86400, 'mo'], [7 * 86400, 'wk'], [86400, 'd'], [3600, 'h'], [60, 'min'],
];
function ago(time) {
  const seconds = (Date.now() + skew - time) / 1000;
  for (const [length, unit] of steps) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${unit} ago`;
  }
  return 'just now';
}
function refreshTimes() {
  for (const time of all('time[data-ago]')) time.textContent = ago(Date.parse(time.dateTime));
}
if (serverNow) setInterval(refreshTimes, 30000);

// Full times in the reader's own zone, beside the server's UTC.
const zone = new Intl.DateTimeFormat('sv-SE', {
  dateStyle: 'short', timeStyle: 'long',
});
for (const time of all('time[data-ago]')) {
  time.title = `${time.title}\n${zone.format(new Date(time.dateTime))}`;
}

// Menus are <details class=dd>: one is open at a time; Escape and a click outside close.
addEventListener('click', (event) => {
  for (const menu of all('details.dd[open]')) if (!menu.contains(event.target)) menu.open = false;
});
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const menu of all('details.dd[open]')) {
    menu.open = false;
    first('summary', menu).focus();
  }
});

// Copying: data-copy holds the text, data-copy-from the id of what holds it.
let toastTimer;
function toast(text) {
  let box = first('.toast');
  if (!box) {
    box = document.createElement('div');
    box.className = 'toast';
    box.setAttribute('role', 'status');
    document.body.append(box);
  }
  box.textContent = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => box.remove(), 2500);
}
async function copy(text, message) {
  try {
    await navigator.clipboard.writeText(text);
    toast(message);
  } catch {
    toast('The browser refused to copy');
  }
}
addEventListener('click', (event) => {
  const button = event.target.closest('[data-copy],[data-copy-from]');
  if (!button) return;
  const from = button.dataset.copyFrom;
  copy(button.dataset.copy ?? document.getElementById(from).textContent, 'Copied');
});

// Keyboard: single keys, never while typing and never with a modifier.
const rows = all('.errors tbody tr');
const frames = all('.frame > details > summary, .lib > details > summary');
let current = -1;
let prefixTime = 0;
function move(by) {
  if (rows.length) {
    rows[current]?.classList.remove('cursor');
    current = Math.min(rows.length - 1, Math.max(0, current + by));
    rows[current].classList.add('cursor');
    first('.e-title', rows[current]).focus({ preventScroll: true });
    rows[current].scrollIntoView({ block: 'nearest' });
  } else if (frames.length) {
    const index = frames.indexOf(document.activeElement) + by;
    frames[Math.min(frames.length - 1, Math.max(0, index))].focus();
  }
}
const press = (selector) => first(selector)?.click();
const keys = {
  '/': () => first('#filter')?.focus(),
  '?': () => first('#shortcuts')?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  o: () => press('tr.cursor .e-title'),
  e: () => press('tr.cursor [name=resolve], .actions [name=resolve]'),
  i: () => press('tr.cursor [name=ignore], .actions [name=ignore]'),
  c: () => press('.actions [data-key=c]'),
  n: () => press('[rel=next]'),
  p: () => press('[rel=prev]'),
  f: () => {
    const details = all('.frame > details, .lib > details');
    const open = details.some((frame) => !frame.open);
    for (const frame of details) frame.open = open;
  },
  y: () => copy(location.href, 'Link copied'),
};
addEventListener('keydown', (event) => {
  const isTyping = event.target.closest('input:not([type=checkbox]),textarea,select');
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping) return;
  if (first('dialog[open]')) return;
  if (Date.now() - prefixTime < 1200) {
    prefixTime = 0;
    press(`[data-go=${CSS.escape(event.key)}]`);
  } else if (event.key === 'g') {
    prefixTime = Date.now();
  } else if (Object.hasOwn(keys, event.key)) {
    event.preventDefault();
    keys[event.key]();
  }
});
first('[data-shortcuts]')?.addEventListener('click', (event) => {
  event.preventDefault();
  first('#shortcuts').showModal();
});

// Connect waits for another server. Its fields are kept as they were sent, and a change of them
// takes the outcome away that stood for the old values.
const connect = first('form[data-connect]');
function setConnecting(isConnecting) {
  for (const control of all('input.field, button', connect)) control.disabled = isConnecting;
  first('[name=connect]', connect).textContent = isConnecting ? 'Connecting' : 'Connect';
}
connect?.addEventListener('submit', (event) => {
  // Later, because disabled fields are not sent.
  if (event.submitter?.name === 'connect') setTimeout(() => setConnecting(true));
});
connect?.addEventListener('input', ({ target }) => {
  if (!['api_url', 'token'].includes(target.name)) return;
  for (const outcome of all('[data-outcome]')) outcome.remove();
  for (const field of all('[aria-invalid]', connect)) field.removeAttribute('aria-invalid');
});
addEventListener('pageshow', (event) => {
  if (event.persisted && connect) setConnecting(false);
});

// What is under way is shown anew, unless somebody is at it.
const reloadMs = 2500;
function isBusy() {
  return document.hidden || first('dialog[open], details.dd[open], .panel details[open], .c-check :checked') || document.activeElement?.matches('input, textarea');
}
if (first('[data-reload]')) {
  setInterval(() => { if (!isBusy()) location.reload(); }, reloadMs);
}

// Forms that take something away ask first.
addEventListener('submit', (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});
