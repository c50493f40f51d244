/** The same host on whatever answers HTTP: how its provider is put into each, as its documentation says. */
import { createServer, request as forward, type RequestListener } from 'node:http';
import express from 'express';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import Koa from 'koa';
import mount from 'koa-mount';
import type Provider from 'oidc-provider';

export type Framework = (provider: Provider, path: string) => RequestListener | Promise<RequestListener>;

export const onNode: Framework = (provider) => provider.callback();

export const onKoa: Framework = (provider, path) => {
  const app = new Koa();
  // The outer application signs the cookies.
  if (provider.keys) app.keys = provider.keys;
  app.use(path ? mount(path, provider) : (ctx) => provider.callback()(ctx.req, ctx.res));
  return app.callback();
};

/** With a body parser before everything, as many have. */
export const onExpress: Framework = (provider, path) => {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(path || '/', provider.callback());
  return app;
};

export const onFastify: Framework = async (provider, path) => {
  const callback = provider.callback();
  const answer = (request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    const raw = request.raw as typeof request.raw & { originalUrl?: string };
    raw.originalUrl = raw.url ?? '/';
    raw.url = raw.originalUrl.slice(path.length);
    return callback(raw, reply.raw);
  };
  // What is no address to Fastify is for the provider to refuse.
  const app = fastify({ frameworkErrors: (_error, request, reply) => void answer(request, reply) });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.all(`${path}/*`, answer);
  await app.ready();
  return (request, response) => app.routing(request, response);
};

/** A proxy that says where requests came from, and talks to the host under another name. */
export const behindProxy: Framework = async (provider) => {
  provider.proxy = true;
  const inner = createServer(provider.callback()).unref();
  await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve));
  const { port } = inner.address() as { port: number };
  return (request, response) => {
    const headers = {
      ...request.headers,
      host: `inside:${port}`,
      'x-forwarded-host': request.headers.host,
      'x-forwarded-proto': 'http',
      'x-forwarded-for': '203.0.113.7',
    };
    const onward = forward({ host: '127.0.0.1', port, path: request.url, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
};
