/** A listening socket, and how it is closed without cutting anybody off. */
import { createServer, type RequestListener, type Server } from 'node:http';

export type Stop = () => Promise<unknown>;

export class PortBusy extends Error {
  constructor(port: number) {
    super(`Port ${port} is in use. Choose another one with PORT.`);
    this.name = 'PortBusy';
  }
}

/** How long requests under way may take to finish. */
const graceMs = 5_000;

/** Throws `PortBusy`. */
export async function listenOn(listener: RequestListener, port: number): Promise<Stop> {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 15_000 }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new PortBusy(port) : error));
    server.listen(port, resolve);
  });
  return () => closeGently(server);
}

function closeGently(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const last = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(last);
      resolve();
    });
    server.closeIdleConnections();
  });
}
