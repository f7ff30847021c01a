// Starts the circuit with a reconnect of our own: what we had stays on screen, the page comes back by itself where it was.
(() => {
  const waits = [1, 2, 4, 4, 6, 8];
  const bar = document.getElementById('lost-bar');
  const clock = () => new Date().toLocaleTimeString('en-GB');
  // Across a room the time is what matters.
  const wall = location.pathname === '/wall';
  const loss = () => wall ? `No data since ${lost.at.slice(0, 5)}. The connection was lost.` : `Connection lost ${lost.at}. Showing what we had.`;
  let lost = null;

  const pause = seconds => new Promise(done => setTimeout(done, seconds * 1000));

  // Without a circuit nothing can be done, by mouse, keys or a dialog that is open: only the bar is left in reach.
  function shut(closed) {
    for (const node of document.body.children) if (node !== bar && node.tagName !== 'SCRIPT') node.inert = closed;
  }

  async function countDown(seconds) {
    for (let left = seconds; left > 0 && lost; left--) {
      bar.textContent = `${loss()} Trying again in ${left} s.`;
      document.body.classList.toggle('ct-dim', Date.now() - lost.since > 10000);
      document.body.classList.toggle('ct-old', Date.now() - lost.since > 120000);
      await pause(1);
    }
    if (lost) bar.textContent = `${loss()} Trying again now.`;
  }

  // The address holds what the page shows; how far each of its boxes was scrolled is kept beside it.
  function loadAgain() {
    const tops = [...document.querySelectorAll('[id]')].filter(box => box.scrollTop > 0).map(box => [box.id, box.scrollTop]);
    sessionStorage.setItem('ct-back', JSON.stringify({ href: location.href, tops }));
    location.reload();
  }

  // Lists grow as their rows come, and long ones only when their end is seen: each box is moved after every change, until the person moves something.
  function scrollBack() {
    const kept = JSON.parse(sessionStorage.getItem('ct-back') ?? 'null');
    sessionStorage.removeItem('ct-back');
    if (kept?.href !== location.href) return;
    const tops = new Map(kept.tops);
    const watch = new MutationObserver(move);
    const stop = () => { tops.clear(); watch.disconnect(); };
    function move() {
      for (const [id, top] of tops) {
        const box = document.getElementById(id);
        if (box && box.scrollTop !== top) box.scrollTop = top;
      }
    }
    for (const own of ['wheel', 'keydown', 'pointerdown', 'touchstart']) addEventListener(own, stop, { once: true, passive: true });
    setTimeout(stop, 15000);
    watch.observe(document.body, { childList: true, subtree: true });
    move();
  }

  async function comeBack() {
    for (let attempt = 0; lost; attempt++) {
      await countDown(waits[Math.min(attempt, waits.length - 1)]);
      if (!lost) return;
      try {
        if (await Blazor.reconnect()) return;
        // The server is there and no longer knows this circuit: load the page again.
        loadAgain();
        return;
      } catch {
        try {
          // A new server answers while the old circuit cannot: do not wait for what will not come back.
          const answer = await fetch('/health/live', { cache: 'no-store' });
          if (answer.ok && attempt > 1) { loadAgain(); return; }
        } catch { /* still away */ }
      }
    }
  }

  const reconnectionHandler = {
    onConnectionDown: () => {
      if (lost) return;
      lost = { at: clock(), since: Date.now(), focus: document.activeElement };
      document.body.classList.add('ct-lost');
      shut(true);
      comeBack();
    },
    onConnectionUp: () => {
      const { focus } = lost ?? {};
      lost = null;
      document.body.classList.remove('ct-lost', 'ct-dim', 'ct-old');
      bar.textContent = '';
      shut(false);
      focus?.focus?.({ preventScroll: true });
    },
  };

  scrollBack();
  // A network that fell silent is noticed after three missed beats of the server.
  Blazor.start({ circuit: { reconnectionHandler, configureSignalR: builder => builder.withServerTimeout(12000).withKeepAliveInterval(4000) } });
})();
