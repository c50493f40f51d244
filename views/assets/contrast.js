/* How well a colour can be read, while it is typed (WCAG 2.2 §1.4.3). What is saved is checked by the server. */
const least = 4.5;
const grounds = { light: ['#f6f1e7', '#fbe9d3', '#fffdf9', '#ffffff'], dark: ['#151917', '#1d2824', '#1f2422', '#10261f'] };
const inputs = { light: document.querySelector('#accent'), dark: document.querySelector('#accentDark') };

for (const [scheme, input] of Object.entries(inputs))
  input?.addEventListener('input', () => draw(scheme, input.value.trim().toLowerCase()));

function luminance(colour) {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function draw(scheme, colour) {
  const figure = document.querySelector(`[data-scheme="${scheme}"]`);
  if (!figure || !/^#[0-9a-f]{6}$/.test(colour)) return;
  const found = Math.min(...grounds[scheme].map((ground) => contrast(colour, ground)));
  for (const part of figure.querySelectorAll('[data-accent]')) part.setAttribute('fill', colour);
  const verdict = figure.querySelector('[data-verdict]');
  figure.querySelector('[data-value]').textContent = colour;
  verdict.querySelector('[data-number]').textContent = String(Math.floor(found * 10) / 10);
  verdict.querySelector('[data-word]').textContent = found >= least ? verdict.dataset.enough : verdict.dataset.tooLittle;
}
