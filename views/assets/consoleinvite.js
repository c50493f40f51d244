/* Inviting, a little better with a script: a preview that follows what is typed, and one box for all boxes. */
for (const label of document.querySelectorAll('label.all')) label.hidden = false;

const form = document.getElementById('invite');
if (form) follow(form);

/* The same form is sent as by its buttons, and of the page that answers, two places are taken over. */
function follow(invite) {
  const preview = document.getElementById('preview');
  let tab = preview.querySelector('[aria-current]')?.value ?? 'page';
  let timer;
  let running = 0;

  const show = async () => {
    running += 1;
    const mine = running;
    preview.setAttribute('aria-busy', 'true');
    const fields = new URLSearchParams(new FormData(invite));
    fields.set('see', tab);
    const answer = await fetch(invite.action, { method: 'POST', body: fields }).catch(() => undefined);
    if (mine !== running) return;
    preview.removeAttribute('aria-busy');
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    takeOver(page, 'checked');
    refresh(page.querySelector('#previewed iframe'));
    for (const button of preview.querySelectorAll('.tab')) mark(button, button.value === tab);
  };

  /* A frame that is sent somewhere would leave a step in the history of the browser: this one does not. */
  const refresh = (fresh) => {
    const old = preview.querySelector('iframe');
    if (!fresh) return;
    if (old && old.title === fresh.title) old.src = fresh.getAttribute('src');
    else document.getElementById('previewed').replaceChildren(document.adoptNode(fresh));
  };

  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(show, wait);
  };

  for (const button of preview.querySelectorAll('.tab'))
    button.addEventListener('click', (event) => {
      event.preventDefault();
      tab = button.value;
      later(0);
    });
  invite.addEventListener('input', () => later(700));
  document.getElementById('app')?.addEventListener('change', () => later(0));
  if (!preview.querySelector('iframe')) later(0);
}

function mark(button, isCurrent) {
  if (isCurrent) button.setAttribute('aria-current', 'true');
  else button.removeAttribute('aria-current');
}

function takeOver(page, id) {
  const [here, there] = [document.getElementById(id), page.getElementById(id)];
  if (here && there && here.textContent !== there.textContent) here.replaceChildren(...there.childNodes);
}
