// Keeps a wallboard going without a hand. It loads the page again only when the tower has answered: what stands on screen is worth more than a browser's error page.
(() => {
  if (!location.pathname.startsWith('/wall')) return;
  const silence = 30000, pause = 5000;
  let tick = null, heard = Date.now(), asked = 0, day = new Date().toDateString();

  const answers = async (address, redirect) => {
    try { return (await fetch(address, { cache: 'no-store', redirect, headers: { accept: 'text/html' } })).status === 200; } catch { return false; }
  };

  async function look() {
    const now = Date.now();
    // Until there is a good token: the wallboard answers with its page and not with a way elsewhere.
    const waits = document.querySelector('[data-waits]')?.dataset.waits;
    if (waits) {
      if (now - asked < pause) return;
      asked = now;
      if (await answers(waits + location.search, 'manual')) location.replace(waits + location.search);
      return;
    }
    const last = document.querySelector('[data-tick]')?.dataset.tick ?? null;
    if (last !== tick) [tick, heard] = [last, now];
    // A page that never came to life, one that died, and once a night every page: a browser that runs for months gets slow, and the tower may be newer.
    const night = new Date().toDateString() !== day && new Date().getHours() >= 4;
    if ((now - heard < silence && !night) || now - asked < pause) return;
    asked = now;
    if (await answers('/health/live', 'manual')) location.reload();
  }

  setInterval(look, 1000);
})();
