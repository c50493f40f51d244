/** The one stylesheet, light and dark, readable from 320 px. Text inputs are 16 px or larger: phones zoom into smaller ones. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --paper: #f6f5f1; --card: #fff; --ink: #23262b; --quiet: #595f69; --line: #d8d5cc; --edge: #8a877f;
  --accent: #1f5f8b; --on-accent: #fff; --notice: #e6f0e4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #17191c; --card: #202328; --ink: #e8e6e1; --quiet: #a9adb5; --line: #363a41; --edge: #7c828c;
    --accent: #8cc4ec; --on-accent: #10202c; --notice: #22362a;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere;
}
header, main { max-width: 46rem; margin: 0 auto; padding: 1rem; }
header { padding-bottom: 0; }
header a { color: var(--quiet); font-weight: 600; text-decoration: none; }
header a:hover { text-decoration: underline; }
h1, h2 { line-height: 1.25; margin: 0; text-wrap: balance; }
h1 { font-size: clamp(1.5rem, 6vw, 2.1rem); font-weight: 650; }
h2 { font-size: 1.1rem; font-weight: 650; }
p, ul { margin: 0; }
main > * + * { margin-top: 1.5rem; }
.quiet { color: var(--quiet); font-size: .925rem; }
.notice { background: var(--notice); border-radius: .6rem; padding: .75rem 1rem; }
.actions, .row { display: flex; flex-wrap: wrap; gap: .75rem; }
button, .button {
  display: inline-block; min-height: 2.75rem; padding: .55rem 1.25rem; border: 1px solid var(--accent);
  border-radius: .6rem; background: transparent; color: var(--accent); font: inherit; font-weight: 600;
  line-height: 1.5; text-align: center; text-decoration: none; cursor: pointer;
}
.primary, .row button { background: var(--accent); color: var(--on-accent); }
button:hover, .button:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.box, .card, section:not(.card) > .scroll {
  background: var(--card); border: 1px solid var(--line); border-radius: .8rem;
}
.box, .card { padding: 1rem; }
.box label { display: block; margin: .75rem 0 .25rem; }
.row input {
  flex: 1 1 12rem; min-width: 0; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--edge);
  border-radius: .6rem; background: var(--paper); color: var(--ink); font: inherit; font-size: max(16px, 1rem);
}
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(12rem, 100%), 1fr)); gap: 1rem; }
.card > * + * { margin-top: .5rem; }
.card ul { padding-left: 1.1rem; }
section > h2 + .scroll { margin-top: .75rem; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .925rem; }
caption { padding: .75rem 1rem 0; text-align: left; color: var(--quiet); }
th, td { padding: .5rem 1rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--quiet); font-weight: 600; }
tbody th { font-weight: 600; white-space: nowrap; }
td { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
details { margin-top: .75rem; }
summary { cursor: pointer; padding: .4rem 0; color: var(--accent); }
pre {
  margin: .5rem 0 0; padding: 1rem; overflow-x: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: .8rem; font: .875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
`;
