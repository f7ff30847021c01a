// Starts the circuit with a reconnect of our own: what we had stays on screen, the page comes back by itself where it was.
(() => {
  const waits = [1, 2, 4, 4, 6, 8];
  const bar = document.getElementById('lost-bar');
  const clock = () => new Date().toLocaleTimeString('en-GB');
  let lost = null;

  const pause = seconds => new Promise(done => setTimeout(done, seconds * 1000));

  async function countDown(seconds) {
    for (let left = seconds; left > 0 && lost; left--) {
      bar.textContent = `Connection lost ${lost.at}. Showing what we had. Trying again in ${left} s.`;
      document.body.classList.toggle('ct-dim', Date.now() - lost.since > 10000);
      await pause(1);
    }
    if (lost) bar.textContent = `Connection lost ${lost.at}. Showing what we had. Trying again now.`;
  }

  async function comeBack() {
    for (let attempt = 0; lost; attempt++) {
      await countDown(waits[Math.min(attempt, waits.length - 1)]);
      if (!lost) return;
      try {
        if (await Blazor.reconnect()) return;
        // The server is there and no longer knows this circuit: the address holds the state, so load it again.
        location.reload();
        return;
      } catch {
        try {
          // A new server answers while the old circuit cannot: do not wait for what will not come back.
          const answer = await fetch('/health/live', { cache: 'no-store' });
          if (answer.ok && attempt > 1) { location.reload(); return; }
        } catch { /* still away */ }
      }
    }
  }

  const reconnectionHandler = {
    onConnectionDown: () => {
      if (lost) return;
      lost = { at: clock(), since: Date.now() };
      document.body.classList.add('ct-lost');
      comeBack();
    },
    onConnectionUp: () => {
      lost = null;
      document.body.classList.remove('ct-lost', 'ct-dim');
      bar.textContent = '';
    },
  };

  Blazor.start({ circuit: { reconnectionHandler } });
})();
