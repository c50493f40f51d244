import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { mostLogoBytes, readLogo } from '../../src/setting/logo.ts';

const chunk = (type: string, data: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, data, Buffer.alloc(4)]);
};

const png = (width: number, height: number): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(8))), chunk('IEND', Buffer.alloc(0))]);
};

const svg = (inside: string, attributes = 'viewBox="0 0 64 32"') =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${inside}</svg>`);

test('a PNG is told by what it is, with its size', () => {
  expect(readLogo(png(64, 32))).toEqual({ ok: true, shape: { type: 'image/png', width: 64, height: 32 } });
});

test('a plain SVG is taken, with gradients, styles and references to itself', () => {
  const drawing = `<defs><linearGradient id="g"><stop offset="0" stop-color="#123"/></linearGradient></defs><style>.a{fill:url(#g)}</style>
    <!-- drawn by hand --><path class='a' d="M0 0h10v10z"/><use href="#g"/>`;
  expect(readLogo(svg(drawing))).toEqual({ ok: true, shape: { type: 'image/svg+xml', width: 64, height: 32 } });
  const withProlog = Buffer.concat([Buffer.from('<?xml version="1.0" encoding="UTF-8"?>\n'), svg('', 'width="20" height="10px"')]);
  expect(readLogo(withProlog)).toMatchObject({ ok: true, shape: { width: 20, height: 10 } });
});

test.each([
  ['a script', '<script>alert(1)</script>'],
  ['a script of another prefix', '<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>'],
  ['a handler', '<path onload="alert(1)" d=""/>'],
  ['a page inside', '<foreignObject><p>hi</p></foreignObject>'],
  ['a link', '<a href="https://evil.example"><path d=""/></a>'],
  ['a picture from elsewhere', '<image href="https://evil.example/x.png"/>'],
  ['a shape from elsewhere', '<use xlink:href="https://evil.example/x.svg#a"/>'],
  ['a style from elsewhere', '<style>@import "https://evil.example/x.css";</style>'],
  ['a fill from elsewhere', '<path style="fill:url(https://evil.example/x)"/>'],
  ['a fill behind an escape', '<path style="fill:\\75rl(https://evil.example/x)"/>'],
  ['an address behind an entity', '<style>.a{fill:u&#114;l(https://evil.example)}</style>'],
  ['CDATA', '<style><![CDATA[@import "x"]]></style>'],
  ['a tag that is not closed', '<path d="'],
  ['an attribute without quotes', '<path onload=alert(1)>'],
  ['an instruction', '<?xml-stylesheet href="https://evil.example/x.css"?>'],
])('an SVG with %s is refused', (_what, inside) => {
  expect(readLogo(svg(inside))).toEqual({ ok: false, complaint: 'image_unsafe' });
});

test.each([
  ['what is too large', Buffer.concat([png(8, 8), Buffer.alloc(mostLogoBytes)]), 'too_large'],
  ['text', Buffer.from('hello'), 'not_an_image'],
  ['HTML', Buffer.from('<html><svg xmlns="http://www.w3.org/2000/svg"></svg></html>'), 'not_an_image'],
  ['a document type', Buffer.from('<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>'), 'not_an_image'],
  ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x3c]), 'not_an_image'],
  ['an SVG of nothing', Buffer.from('<svg viewBox="0 0 1 1"></svg>'), 'not_an_image'],
  ['a PNG that is cut off', png(8, 8).subarray(0, 40), 'not_an_image'],
  ['a PNG with something behind it', Buffer.concat([png(8, 8), Buffer.from('<script>')]), 'not_an_image'],
  ['a ribbon', png(600, 20), 'image_shape'],
  ['an SVG without a size', svg('', ''), 'image_shape'],
])('%s is refused', (_what, body, complaint) => {
  expect(readLogo(body)).toEqual({ ok: false, complaint });
});
