/* How far a campaign is, while it runs. Without it, the page is asked for again every few seconds. */
for (const place of document.querySelectorAll('[data-progress]')) watch(place);

function watch(place) {
  const bar = place.querySelector('progress');
  const words = place.querySelector('[role="status"]');
  const source = new EventSource(place.dataset.progress);
  source.addEventListener('message', ({ data }) => {
    const told = JSON.parse(data);
    bar.max = Math.max(1, told.rows);
    bar.value = told.settled;
    if (words.textContent !== told.words) words.textContent = told.words;
    if (told.state !== 'done' && told.state !== 'cancelled') return;
    source.close();
    location.replace(location.pathname);
  });
}
