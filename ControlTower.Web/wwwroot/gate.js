// Show and hide the password, and say that a form is on its way. Everything works without it.
document.addEventListener('click', event => {
  const eye = event.target.closest('[data-eye]');
  if (!eye) return;
  const field = document.getElementById(eye.dataset.eye);
  const show = field.type === 'password';
  field.type = show ? 'text' : 'password';
  eye.setAttribute('aria-pressed', String(show));
  eye.setAttribute('aria-label', show ? 'Hide the password' : 'Show the password');
});
document.addEventListener('submit', event => {
  for (const button of event.target.querySelectorAll('button[type=submit]')) setTimeout(() => { button.disabled = true; }, 0);
});
