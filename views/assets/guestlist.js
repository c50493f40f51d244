/* What a page does a little better with a script. Without it, everything works. */
for (const entry of document.querySelectorAll('.entry[data-show]')) addPasswordSwitch(entry);
for (const time of document.querySelectorAll('time[datetime]:not([data-short])')) showLocalTime(time);
for (const timer of document.querySelectorAll('[role="timer"]')) countDown(timer);
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
  const day = { day: 'numeric', month: 'long', year: 'numeric' };
  const parts = 'day' in time.dataset ? day : { ...day, weekday: 'long', hour: 'numeric', minute: '2-digit', timeZoneName: 'short' };
  time.title = time.textContent;
  time.textContent = new Intl.DateTimeFormat(dateLocale(document.documentElement.lang), parts).format(instant);
}

/* The seconds are the server's: the clock here may be wrong. Only two moments are read aloud. */
function countDown(timer) {
  const end = Date.now() + timer.dataset.seconds * 1000;
  const format = new Intl.RelativeTimeFormat(dateLocale(document.documentElement.lang));
  const spoken = new Set([300, 60].filter((second) => second < timer.dataset.seconds));
  timer.parentElement.hidden = false;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) return leadBack(timer);
    const words = left >= 60 ? format.format(Math.ceil(left / 60), 'minute') : format.format(left, 'second');
    timer.textContent = words;
    for (const second of spoken) if (left <= second && spoken.delete(second)) timer.nextElementSibling.textContent = words;
    setTimeout(tick, 1000);
  };
  tick();
}

/* To the same address, but without sending a form again. */
function leadBack(timer) {
  const link = document.createElement('a');
  link.href = location.pathname + location.search;
  link.textContent = timer.dataset.over;
  timer.replaceChildren(link);
}

/* The page's language, in the spelling of the person's own country if that is where they are. Arabic keeps the digits of our codes. */
function dateLocale(language) {
  const tag = navigator.languages.find((wish) => wish.split('-')[0] === language) ?? language;
  return language === 'ar' ? new Intl.Locale(tag, { numberingSystem: 'latn' }).toString() : tag;
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
