// Small helpers of lists: reveal a row of a virtual table, focus a field, close a drop-down. Loaded once.
window.ctList = {
  reveal(id, index, height) {
    const box = document.getElementById(id);
    if (!box) return;
    const head = box.querySelector('thead')?.offsetHeight ?? 0;
    const top = index * height, room = box.clientHeight - head;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + height > box.scrollTop + room) box.scrollTop = top + height - room;
  },
  focus(selector) {
    const node = document.querySelector(selector);
    node?.focus();
    node?.select?.();
  },
  // Tells a page when its tab goes out of sight and comes back, until the page is gone.
  sight(page) {
    const tell = () => page.invokeMethodAsync('SightAsync', !document.hidden).catch(() => document.removeEventListener('visibilitychange', tell));
    document.addEventListener('visibilitychange', tell);
  },
  show(selector) { document.querySelector(selector)?.scrollIntoView({ block: 'nearest' }); },
  close(box) { if (box) box.open = false; },
  // A field's text as bytes: a large one is fetched as a stream, because it does not fit into one message.
  bytes: id => new TextEncoder().encode(document.getElementById(id)?.value ?? ''),
  copy: text => navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false,
};
