/** A real SMTP server that takes mail, or fails in the ways that mail servers do. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export type Arrived = { readonly recipients: readonly string[]; readonly raw: string };

export type MailServer = {
  readonly port: number;
  readonly url: string;
  /** Every mail that was handed over whole, also where the answer was lost. */
  readonly arrived: Arrived[];
  /** Each connection that was made. */
  connectionCount(): number;
  close(): Promise<void>;
};

export type Behaviour = {
  /** Answers a recipient: undefined takes it. */
  readonly onRecipient?: (address: string) => { readonly code: number; readonly text: string } | undefined;
  /** Answers a mail: a code and a text, `cut` closes the connection instead, undefined takes it. */
  readonly onMail?: (arrived: Arrived) => { readonly code: number; readonly text: string } | 'cut' | undefined;
  /** Before each answer to a mail. */
  readonly slowMs?: number;
};

export async function startMailServer({ onRecipient, onMail, slowMs = 0 }: Behaviour = {}, port = 0): Promise<MailServer> {
  const arrived: Arrived[] = [];
  let connections = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onConnect: (_session, done) => {
      connections += 1;
      done();
    },
    onRcptTo: ({ address }, _session, done) => done(errorOf(onRecipient?.(address))),
    onData: async (stream, session, done) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of stream) chunks.push(chunk as Buffer);
      } catch {
        // Whoever was sending has died in the middle of it: no mail has arrived, and nobody waits for an answer.
        return;
      }
      const mail = { recipients: session.envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString('utf8') };
      arrived.push(mail);
      if (slowMs > 0) await sleep(slowMs);
      const answer = onMail?.(mail);
      if (answer === 'cut') for (const socket of sockets) socket.destroy();
      else done(errorOf(answer));
    },
  });
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  // A client that hangs up in the middle is what some of the tests are about.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const listening = (server.server.address() as AddressInfo).port;
  return {
    port: listening,
    url: `smtp://127.0.0.1:${listening}`,
    arrived,
    connectionCount: () => connections,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function errorOf(answer: { readonly code: number; readonly text: string } | undefined): Error | null {
  return answer ? Object.assign(new Error(answer.text), { responseCode: answer.code }) : null;
}

/** Takes connections and never says a word. */
export async function startSilentServer(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export async function parse({ raw }: Arrived): Promise<Email> {
  return PostalMime.parse(raw);
}

export async function messageIds(arrived: readonly Arrived[]): Promise<(string | undefined)[]> {
  return Promise.all(arrived.map(async (one) => (await parse(one)).messageId));
}
