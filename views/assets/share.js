/* Passing a link on, a little better with a script. Without it, the link can be selected, and the rest are links. */
for (const button of document.querySelectorAll('[data-copy]')) offerCopy(button);
for (const button of document.querySelectorAll('[data-share]')) offerShare(button);
for (const button of document.querySelectorAll('[data-print]')) offer(button, () => print());

function offer(button, deed) {
  button.hidden = false;
  button.addEventListener('click', deed);
}

/* The clipboard is there only on safe pages; selecting works everywhere. */
function offerCopy(button) {
  const input = document.getElementById(button.dataset.copy);
  const status = document.querySelector('[data-said]');
  input.addEventListener('focus', () => input.select());
  offer(button, async () => {
    input.focus();
    input.select();
    const isCopied = await copy(input.value);
    if (isCopied) status.textContent = status.dataset.said;
  });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand('copy');
  }
}

/* Whoever closes the system's own sheet has changed their mind. */
function offerShare(button) {
  if (!navigator.share) return;
  offer(button, () => navigator.share({ text: button.dataset.share }).catch(() => undefined));
}
