/** The issuer as the world sees it: that it answers in its own name, what proves it, and what time it has. */
import { connect } from 'node:tls';
import type { Clock } from '../lib/clock.ts';
import type { Check, Finding } from './doctor-check.ts';

const patienceMs = 10_000;

type Heard = { readonly status: number; readonly issuer: unknown; readonly date: string | null; readonly between: readonly [Date, Date] };

/** `production`: https is a must. */
export function issuerChecks(issuer: string, { clock, production }: { readonly clock: Clock; readonly production: boolean }): Check[] {
  const heard = discover(issuer, clock);
  // Told by whichever check waits for it.
  heard.catch(() => undefined);
  const advice = `Start the server, and see that ${issuer} leads to it: DNS, firewall, proxy.`;
  return [
    { name: 'issuer', advice, run: async () => judgeIssuer(issuer, await heard) },
    {
      name: 'tls',
      advice: 'Give the server, or the proxy before it, a certificate that is good.',
      run: () => judgeTls(issuer, { clock, production }),
    },
    { name: 'clock', advice, run: async () => judgeClock(await heard) },
  ];
}

async function discover(issuer: string, clock: Clock): Promise<Heard> {
  const before = clock();
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(patienceMs),
  });
  const between = [before, clock()] as const;
  const text = await response.text();
  return { status: response.status, issuer: issuerIn(text), date: response.headers.get('date'), between };
}

function issuerIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly issuer?: unknown } | null)?.issuer;
  } catch {
    return undefined;
  }
}

function judgeIssuer(issuer: string, heard: Heard): Finding {
  const name = 'issuer';
  if (heard.status !== 200)
    return {
      name,
      status: 'fail',
      message: `${issuer} answers ${heard.status}.`,
      advice: 'Lead all of its paths to the server, without redirects.',
    };
  if (heard.issuer !== issuer) {
    const said = typeof heard.issuer === 'string' ? heard.issuer : 'no issuer at all';
    return {
      name,
      status: 'fail',
      message: `${issuer} says that it is ${said}.`,
      advice: 'ISSUER must be the address under which apps reach it.',
    };
  }
  return { name, status: 'ok', message: `${issuer} answers in its own name.` };
}

const day = 24 * 60 * 60 * 1_000;

async function judgeTls(issuer: string, { clock, production }: { readonly clock: Clock; readonly production: boolean }): Promise<Finding> {
  const name = 'tls';
  const { protocol, hostname, port } = new URL(issuer);
  if (protocol !== 'https:') {
    const status = production ? 'fail' : 'warn';
    return {
      name,
      status,
      message: 'The issuer is not https.',
      advice: 'That is for development alone: browsers keep no passkeys and no safe cookies there.',
    };
  }
  const { problem, endsAt } = await certificateOf(hostname.replace(/^\[|\]$/g, ''), Number(port || 443));
  const days = Math.floor((endsAt.getTime() - clock().getTime()) / day);
  if (problem !== undefined)
    return {
      name,
      status: 'fail',
      message: `The certificate is not good: ${problem}`,
      advice: 'Apps will refuse it: renew it, with its whole chain.',
    };
  if (days < 14)
    return {
      name,
      status: days < 3 ? 'fail' : 'warn',
      message: `The certificate ends in ${days} days.`,
      advice: 'See why it is not renewed by itself.',
    };
  return { name, status: 'ok', message: `The certificate is good for ${days} more days.` };
}

type Certificate = { readonly problem: string | undefined; readonly endsAt: Date };

/** Also one that is not good: to say why. */
function certificateOf(host: string, port: number): Promise<Certificate> {
  const { promise, resolve, reject } = Promise.withResolvers<Certificate>();
  const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  const socket = connect({ host, port, ...servername, rejectUnauthorized: false, timeout: patienceMs }, () => {
    const { valid_to: endsAt } = socket.getPeerCertificate();
    const said: Error | string | null = socket.authorizationError;
    resolve({ problem: socket.authorized ? undefined : String(said instanceof Error ? said.message : said), endsAt: new Date(endsAt) });
    socket.end();
  });
  socket.on('timeout', () => socket.destroy(new Error('there is no answer')));
  socket.on('error', reject);
  return promise;
}

/** Of whole seconds, and a way of unknown length. */
const tolerance = { warnMs: 5_000, failMs: 60_000 };

function judgeClock({ date, between: [before, after] }: Heard): Finding {
  const name = 'clock';
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs))
    return { name, status: 'warn', message: 'The answer has no Date, so that nobody knows what time the server has.' };
  const offMs = Math.max(0, before.getTime() - theirs - 1_000, theirs - after.getTime());
  return clockFinding(name, offMs, 'the server');
}

/** `whose`: `the server`. */
export function clockFinding(name: string, offMs: number, whose: string): Finding {
  const seconds = Math.round(offMs / 1_000);
  if (offMs < tolerance.warnMs) return { name, status: 'ok', message: `The clocks here and of ${whose} agree.` };
  const advice = 'Let both follow a time server: tokens and codes are good for so many seconds.';
  return {
    name,
    status: offMs < tolerance.failMs ? 'warn' : 'fail',
    message: `The clocks here and of ${whose} differ by ${seconds} seconds.`,
    advice,
  };
}
