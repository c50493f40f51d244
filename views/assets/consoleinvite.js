/* Inviting, a little better with a script: a preview that follows what is typed, and one box for all boxes. */
for (const label of document.querySelectorAll('label.all')) label.hidden = false;

const form = document.getElementById('invite');
if (form) follow(form);

/* The same form is sent as by its buttons, and of the page that answers, two places are taken over. */
function follow(invite) {
  const preview = document.getElementById('preview');
  let tab = preview.querySelector('[aria-current]')?.value ?? 'page';
  let timer;
  let isRunning = false;
  let isStale = false;

  /* One after the other, so that what is kept last is what was typed last. */
  const show = async () => {
    isStale = true;
    if (isRunning) return;
    isRunning = true;
    preview.setAttribute('aria-busy', 'true');
    while (isStale) {
      isStale = false;
      await ask();
    }
    preview.removeAttribute('aria-busy');
    isRunning = false;
  };

  const ask = async () => {
    const fields = new URLSearchParams(new FormData(invite));
    const asked = tab;
    fields.set('see', asked);
    const answer = await fetch(invite.action, { method: 'POST', body: fields }).catch(() => undefined);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    takeOver(page, 'checked');
    refresh(page.querySelector('#previewed iframe'));
    for (const button of preview.querySelectorAll('.tab')) mark(button, button.value === asked);
  };

  /* A new frame each time: sending the old one somewhere would leave a step in the history of the browser. It is shown once it is there. */
  const refresh = (found) => {
    if (!found) return;
    const place = document.getElementById('previewed');
    const fresh = document.adoptNode(found);
    fresh.hidden = place.querySelector('iframe') !== null;
    fresh.addEventListener('load', () => {
      fresh.hidden = false;
      for (const other of [...place.children]) if (other !== fresh) other.remove();
    });
    for (const other of place.querySelectorAll('iframe[hidden], p')) other.remove();
    place.append(fresh);
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
