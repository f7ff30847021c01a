// One delegated listener for all keys. Letters are ignored in fields, during composition and while a dialog is open, and can be turned off.
const WINDOW = 900;
let target = null, known = new Set(), starts = new Set(), pending = '', since = 0;

const editable = node => node?.closest?.('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true], [contenteditable=""]');
const acts = node => node?.closest?.('a[href], button, summary, [role=option], [role=button], [role=menuitem], [role=tab]');

window.ctKeys = {
  on: () => localStorage.getItem('ct-keys') !== 'off',
  set: on => { if (on) localStorage.removeItem('ct-keys'); else localStorage.setItem('ct-keys', 'off'); },
};

function press(sequence, event) {
  event.preventDefault();
  pending = '';
  target.invokeMethodAsync('Press', sequence).catch(() => { });
}

// In a search field Enter and Escape give the keys back to the list: the one with what was typed, the other with what stood there before.
function leave(event) {
  const field = event.target;
  if (field.type !== 'search' || (event.key !== 'Enter' && event.key !== 'Escape') || event.isComposing) return;
  if (event.key === 'Escape') { event.preventDefault(); field.value = field.dataset.was ?? ''; }
  field.blur();
}

// What the dialog is for, from any of its fields: the way to its button is long. The focus goes there first, so that the field tells what was typed.
function confirm(event) {
  const button = [...document.querySelectorAll('[role=dialog]')].at(-1)?.querySelector(':is(.mud-dialog-actions, footer) .btn:is(.p, .d):enabled');
  if (!button) return;
  event.preventDefault();
  button.focus();
  button.click();
}

function enter(event) {
  if (event.target.type === 'search') event.target.dataset.was = event.target.value;
}

function onKey(event) {
  if (!target || document.body.classList.contains('ct-lost') || event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') { press('Ctrl+K', event); return; }
  if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') { confirm(event); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || editable(event.target)) return;
  const dialog = [...document.querySelectorAll('[role=dialog]')].at(-1);
  // A dialog hears only what is pressed inside it; Escape is also meant for it before it took the focus or after a click beside it.
  if (dialog && event.key === 'Escape' && !event.target.closest?.('[role=dialog]'))
    dialog.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', code: 'Escape', bubbles: true }));
  if (dialog || !window.ctKeys.on()) return;
  const key = event.key;
  // Enter and Space belong to the control that has the focus.
  if ((key === 'Enter' || key === ' ') && acts(event.target)) return;
  const now = performance.now();
  const sequence = pending && now - since < WINDOW ? `${pending} ${key}` : key;
  if (known.has(sequence)) { press(sequence, event); return; }
  if (starts.has(sequence)) { pending = sequence; since = now; event.preventDefault(); return; }
  pending = '';
  if (sequence !== key && known.has(key)) press(key, event);
}

export function start(listener, sequences) {
  target = listener;
  know(sequences);
  document.addEventListener('keydown', onKey);
  document.addEventListener('keydown', leave);
  document.addEventListener('focusin', enter);
  document.documentElement.dataset.keys = 'on';
}

export function know(sequences) {
  known = new Set(sequences);
  starts = new Set(sequences.filter(s => s.includes(' ')).map(s => s.slice(0, s.lastIndexOf(' '))));
}

export function focus(selector) {
  const node = document.querySelector(selector);
  node?.focus();
  node?.select?.();
}

export function stop() {
  document.removeEventListener('keydown', onKey);
  document.removeEventListener('keydown', leave);
  document.removeEventListener('focusin', enter);
  target = null;
  delete document.documentElement.dataset.keys;
}
