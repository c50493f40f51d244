/* How many have joined, as it happens. Where no news come, the page is loaded again by itself only without a script. */
const joined = document.querySelector('[data-stream]');
const events = new EventSource(joined.dataset.stream);
events.addEventListener('message', ({ data }) => {
  const { words } = JSON.parse(data);
  if (joined.textContent !== words) joined.textContent = words;
});
