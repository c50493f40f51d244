/* What a page does a little better with a script. Without it, everything works. */
for (const entry of document.querySelectorAll('.entry[data-show]')) addPasswordSwitch(entry);
for (const time of document.querySelectorAll('time[datetime]')) showLocalTime(time);
document.addEventListener('submit', refuseSecondSubmit);
window.addEventListener('pageshow', allowSubmits);

function addPasswordSwitch(entry) {
  const input = entry.querySelector('input');
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = entry.dataset.show;
  button.setAttribute('aria-pressed', 'false');
  button.setAttribute('aria-controls', input.id);
  button.addEventListener('click', () => {
    const shows = input.type === 'password';
    input.type = shows ? 'text' : 'password';
    button.textContent = shows ? entry.dataset.hide : entry.dataset.show;
  });
  input.form.addEventListener('submit', () => {
    input.type = 'password';
  });
  entry.append(button);
}

/* The server knows no time zone but UTC. */
function showLocalTime(time) {
  const instant = new Date(time.dateTime);
  const parts = {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  };
  time.title = time.textContent;
  time.textContent = new Intl.DateTimeFormat(dateLocale(document.documentElement.lang), parts).format(instant);
}

/* The page's language, in the spelling of the person's own country if that is where they are. */
function dateLocale(language) {
  return navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
}

/* The first answer counts. Buttons stay enabled, for the name and value of the one pressed belong to the form. */
function refuseSecondSubmit(event) {
  if (event.target.ariaBusy === 'true') return event.preventDefault();
  markForms('true');
  setTimeout(allowSubmits, 8000);
}

/* Also for coming back with the back button, which shows the page as it was left. */
function allowSubmits() {
  markForms(null);
}

function markForms(busy) {
  for (const form of document.forms) form.ariaBusy = busy;
}
