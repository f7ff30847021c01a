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
  // Tells a page when its tab goes out of sight and comes back, until the page is gone; again and again until it was heard, for the way to it may be cut just then.
  sight(page) {
    let told = true, timer = 0;
    const tell = () => {
      const seen = !document.hidden;
      if (seen === told) return;
      told = null;
      page.invokeMethodAsync('SightAsync', seen).then(() => { told = seen; }, error => {
        if (!/tracked object|disposed/i.test(`${error}`)) return;
        clearInterval(timer);
        document.removeEventListener('visibilitychange', tell);
      });
    };
    document.addEventListener('visibilitychange', tell);
    timer = setInterval(tell, 5000);
  },
  show(selector) { document.querySelector(selector)?.scrollIntoView({ block: 'nearest' }); },
  close(box) { if (box) box.open = false; },
  // A field's text as bytes: a large one is fetched as a stream, because it does not fit into one message.
  bytes: id => new TextEncoder().encode(document.getElementById(id)?.value ?? ''),
  copy: text => navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false,
};
