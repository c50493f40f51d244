/* What the console does a little better with a script. Without it, everything works. */
for (const time of document.querySelectorAll('time[data-short]')) showShortTime(time);
for (const place of document.querySelectorAll('.copy[data-copy]')) addCopyButton(place);
for (const box of document.querySelectorAll('[data-pick-all]')) pickAll(box);

/* The server knows no time zone but UTC; the whole of it is told to whoever asks. */
function showShortTime(time) {
  const { lang } = document.documentElement;
  const locale = navigator.languages.find((tag) => tag.split('-')[0] === lang) ?? lang;
  const instant = new Date(time.dateTime);
  time.title = time.textContent;
  time.textContent = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(instant);
}

/* What is copied is what is shown. */
function addCopyButton(place) {
  if (!navigator.clipboard) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'secondary';
  button.textContent = place.dataset.copy;
  const status = document.createElement('span');
  status.setAttribute('role', 'status');
  status.className = 'visually-hidden';
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(place.querySelector('code').textContent.trim());
    button.textContent = place.dataset.copied;
    status.textContent = place.dataset.copied;
    setTimeout(() => {
      button.textContent = place.dataset.copy;
      status.textContent = '';
    }, 4000);
  });
  place.append(button, status);
}

/* One box for all the boxes of its form. */
function pickAll(box) {
  box.hidden = false;
  const boxes = () => [...box.form.elements].filter(({ name }) => name.startsWith('pick:'));
  box.addEventListener('change', () => {
    for (const one of boxes()) one.checked = box.checked;
  });
}
