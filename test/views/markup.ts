/** Reading pages as a browser does. */
import { type DefaultTreeAdapterMap, parse } from 'parse5';

type Node = DefaultTreeAdapterMap['node'];
export type Element = DefaultTreeAdapterMap['element'];

export function elementsOf(html: string): Element[] {
  return [...walk(parse(html))];
}

function* walk(node: Node): Generator<Element> {
  if ('tagName' in node) yield node;
  for (const child of 'childNodes' in node ? node.childNodes : []) yield* walk(child);
}

export function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((attr) => attr.name === name)?.value;
}

export function textOf(node: Node): string {
  if (node.nodeName === '#text' && 'value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}

/** Elements and the names of their attributes: what data must never change. */
export function skeleton(html: string): string[] {
  return elementsOf(html).map(({ tagName, attrs }) => `${tagName} ${attrs.map(({ name }) => name).join(' ')}`);
}

/** What is wrong with any page, whatever it says. `styled` allows inline styles, for mails. */
export function faultsOf(html: string, { locale, dir, styled = false }: { locale: string; dir: string; styled?: boolean }): string[] {
  const faults: string[] = [];
  parse(html, { onParseError: ({ code, startLine }) => faults.push(`line ${startLine}: ${code}`) });
  const elements = elementsOf(html);
  const named = (tagName: string) => elements.filter((element) => element.tagName === tagName);
  const root = elements[0] as Element;
  if (attribute(root, 'lang') !== locale || attribute(root, 'dir') !== dir) faults.push('language or direction');
  if (named('h1').length !== 1) faults.push('not one h1');
  if (!named('title').every((title) => textOf(title).trim())) faults.push('no title');
  if (/\bundefined\b|\bNaN\b|\[object /.test(html)) faults.push('a value is missing');
  return [...faults, ...idFaults(elements), ...scriptFaults(elements, styled), ...linkFaults(elements), ...formFaults(elements)];
}

function idFaults(elements: readonly Element[]): string[] {
  const ids = elements.map((element) => attribute(element, 'id')).filter((id) => id !== undefined);
  const references = elements.flatMap((element) =>
    ['aria-describedby', 'aria-labelledby', 'for', 'form'].flatMap((name) => attribute(element, name)?.split(' ') ?? []),
  );
  const anchors = elements.flatMap((element) => attribute(element, 'href')?.match(/^#(.+)/)?.[1] ?? []);
  return [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `the id ${id} twice`),
    ...[...references, ...anchors].filter((id) => !ids.includes(id)).map((id) => `nothing has the id ${id}`),
  ];
}

/** A page of ours in which nothing runs. */
function isSandboxed(element: Element): boolean {
  return element.tagName === 'iframe' && attribute(element, 'sandbox') === '' && attribute(element, 'src')?.startsWith('/') === true;
}

function scriptFaults(elements: readonly Element[], styled: boolean): string[] {
  const active = ['style', 'iframe', 'object', 'embed', 'base', 'template', 'foreignobject'];
  return elements.flatMap((element) => [
    ...(active.includes(element.tagName) && !isSandboxed(element) ? [`a ${element.tagName}`] : []),
    ...(element.tagName === 'script' && (!attribute(element, 'src') || textOf(element)) ? ['an inline script'] : []),
    ...element.attrs
      .filter(({ name }) => name.startsWith('on') || name === 'srcdoc' || (name === 'style' && !styled))
      .map(({ name }) => `an inline ${name}`),
  ]);
}

/** A picture in the page itself; as one it runs nothing. */
function isOwnPicture(element: Element): boolean {
  const isPicture = element.tagName === 'img' || (element.tagName === 'link' && attribute(element, 'rel') === 'icon');
  return isPicture && /^data:image\/svg\+xml;base64,/.test(attribute(element, 'src') ?? attribute(element, 'href') ?? '');
}

function linkFaults(elements: readonly Element[]): string[] {
  const addresses = elements
    .filter((element) => !isOwnPicture(element))
    .flatMap((element) => ['href', 'src', 'action', 'formaction'].map((name) => attribute(element, name)))
    .filter((address) => address !== undefined);
  return addresses
    .filter((address) => !/^(https?:\/\/|mailto:(?:[^\s@]+@|\?)|#|\/(?![/\\]))/i.test(address))
    .map((address) => `leads to ${address}`);
}

function formFaults(elements: readonly Element[]): string[] {
  const inputs = elements.filter(({ tagName }) => tagName === 'input');
  const labelled = elements.filter(({ tagName }) => tagName === 'label').map((label) => attribute(label, 'for'));
  const visible = inputs.filter((input) => attribute(input, 'type') !== 'hidden');
  return [
    ...inputs.filter((input) => !attribute(input, 'name')).map(() => 'an input without a name'),
    ...visible.filter((input) => !labelled.includes(attribute(input, 'id'))).map((input) => `no label for ${attribute(input, 'name')}`),
    ...visible.filter((input) => !attribute(input, 'autocomplete')).map((input) => `no autocomplete for ${attribute(input, 'name')}`),
    ...elements
      .filter(({ tagName }) => tagName === 'form')
      .filter((form) => attribute(form, 'method') !== (attribute(form, 'role') === 'search' ? 'get' : 'post'))
      .map(() => 'a form that does not post'),
    ...elements.filter((element) => element.tagName === 'button' && !textOf(element).trim()).map(() => 'a button without words'),
  ];
}
