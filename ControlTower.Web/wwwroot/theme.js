// Runs before the first paint: choice from the cookie, else the system's. Leaves the answer where the server reads it.
(() => {
  // A screen on a wall is as its address says: the server has painted it, whatever people chose for themselves.
  if (/^\/wall(\/|$)/.test(location.pathname)) {
    const scheme = () => document.documentElement.dataset.theme;
    window.ctTheme = { choice: () => '', scheme, set: scheme, watch: () => { } };
    return;
  }
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const read = () => document.cookie.match(/(?:^|; )ct-theme=(light|dark)/)?.[1] ?? '';
  const apply = () => {
    const scheme = read() || (dark.matches ? 'dark' : 'light');
    document.documentElement.dataset.theme = scheme;
    document.cookie = `ct-scheme=${scheme};path=/;max-age=31536000;samesite=lax`;
    return scheme;
  };
  window.ctTheme = {
    choice: read,
    scheme: () => document.documentElement.dataset.theme,
    set: choice => {
      document.cookie = `ct-theme=${choice};path=/;max-age=${choice ? 31536000 : 0};samesite=lax`;
      return apply();
    },
    watch: target => dark.addEventListener('change', () => { if (!read()) target.invokeMethodAsync('SchemeChanged', apply()); }),
  };
  // Pages without a circuit, as the sign-in, follow the system as well.
  dark.addEventListener('change', apply);
  apply();
})();
