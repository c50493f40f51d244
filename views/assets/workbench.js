/* The preview follows what is typed: the form is sent as its button would send it, and only the preview is taken over. */
const form = document.querySelector('form[data-preview]');
const place = document.querySelector(form.dataset.preview);
let waiting;
let asking = new AbortController();

form.addEventListener('input', (event) => {
  if (event.target.name === 'form_token') return;
  clearTimeout(waiting);
  waiting = setTimeout(show, 700);
});

async function show() {
  asking.abort();
  asking = new AbortController();
  const fields = new URLSearchParams(new FormData(form));
  fields.set('do', 'see');
  place.setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(form.action, { method: 'POST', body: fields, signal: asking.signal, headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const shown = page.querySelector(form.dataset.preview);
    if (shown) takeOver(shown);
  } catch {
    // Whoever types on is answered later; who is offline has the button.
  } finally {
    place.removeAttribute('aria-busy');
  }
}

/* What was opened stays open. */
function takeOver(shown) {
  const open = [...place.querySelectorAll('details')].map((one) => one.open);
  const fresh = [...shown.querySelectorAll('details')];
  if (open.length === fresh.length) for (const [index, one] of fresh.entries()) one.open = open[index];
  place.replaceChildren(...shown.childNodes);
}
