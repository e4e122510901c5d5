import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, createGuard, type Guard } from 'freeform-guard';
import { createSandbox } from 'freeform-guard/sandbox';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { keepSecret, recordLetOut } from '../../support/canary.js';
import { recordingLogger, type World } from '../../support/world.js';
import { countOf, createWorld, DAY, deferred, faultOn, HOUR, holdAnswers, NOBODY, SECOND, turns } from '../support.js';

const unknown = (reason: string): object => ({
  action: 'send',
  decision: { verdict: 'unknown', reason },
  source: 'none',
});

/** A world whose channel is known, so that only the window is left to be read. */
async function createPrimedWorld(options?: Parameters<typeof createWorld>[0]): Promise<World> {
  const world = await createWorld({
    ...options,
    sandbox: { startAt: '2026-01-05T09:00:00.000Z', ...options?.sandbox },
  });
  await world.guard.check(world.send({ contact: { identifierKey: 'phonenumber', identifierValue: '+31600000000' } }));
  return world;
}

/** Another guard of the world's workspace, which tells when the headers of an answer have arrived. */
function watchHeaders(world: World): { guard: Guard; signals: AbortSignal[]; nextHeaders: () => Promise<void> } {
  const signals: AbortSignal[] = [];
  let next = deferred<void>();
  const guard = createGuard({
    workspaces: { [world.workspace.id]: world.workspaceOptions },
    clock: world.sandbox.clock,
    fetch: async (input, init) => {
      if (init?.signal) signals.push(init.signal);
      const response = await fetch(input, init);
      next.resolve();
      return response;
    },
  });
  const nextHeaders = async (): Promise<void> => {
    await next.promise;
    next = deferred<void>();
  };
  return { guard, signals, nextHeaders };
}

describe('Bird is silent', () => {
  it('before the headers: half of the deadline for each of two attempts, then unknown, at the deadline [U1]', async () => {
    const world = await createPrimedWorld();
    const silent = faultOn(world.sandbox, 'contact', { stall: 'headers' });
    const startedAt = world.sandbox.clock.now();
    const outcome = world.guard.check(world.send());
    await silent.next();
    world.sandbox.clock.advance(399);
    await turns();
    expect(countOf(world.sandbox, 'contact')).toBe(1);
    world.sandbox.clock.advance(1);
    await silent.next();
    world.sandbox.clock.advance(400);
    expect(await outcome).toMatchObject({ ...unknown('deadline_exceeded'), checkedAt: startedAt + 800 });
    world.sandbox.clock.advance(HOUR);
    await turns();
    expect(countOf(world.sandbox, 'contact')).toBe(2);
  });

  it.each([
    ['after the headers', { stall: 'body' }],
    ['but for a byte now and then', { dripMs: 100 }],
  ] as const)('%s: the same limits hold for the body [U2]', async (_, fault) => {
    const world = await createWorld();
    const { guard, signals, nextHeaders } = watchHeaders(world);
    faultOn(world.sandbox, 'channel', fault);
    const startedAt = world.sandbox.clock.now();
    const outcome = guard.check(world.send());
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await nextHeaders();
      expect(signals[attempt]?.aborted).toBe(false);
      for (let step = 0; step < 4; step += 1) {
        world.sandbox.clock.advance(100);
        await turns(1);
      }
      expect(signals[attempt]?.aborted).toBe(true);
    }
    expect(await outcome).toMatchObject({ ...unknown('deadline_exceeded'), checkedAt: startedAt + 800 });
    expect(countOf(world.sandbox, 'channel')).toBe(2);
  });

  it('once: the second attempt answers within the deadline [U1]', async () => {
    const world = await createPrimedWorld();
    let asked = 0;
    const first = deferred<void>();
    world.sandbox.setFault(() => {
      asked += 1;
      first.resolve();
      return asked === 1 ? { stall: 'headers' } : undefined;
    });
    const outcome = world.guard.check(world.send());
    await first.promise;
    world.sandbox.clock.advance(400);
    expect(await outcome).toMatchObject({ action: 'block', source: 'bird' });
  });

  it.each([
    [500, 400, 1],
    [600, 400, 2],
    [100, 100, 1],
    [1, 1, 1],
    [4000, 2000, 2],
  ])(
    'with a deadline of %i ms the first attempt ends after %i ms, and there are %i',
    async (deadlineMs, firstMs, attempts) => {
      const world = await createPrimedWorld({ workspace: { deadlineMs } });
      const silent = faultOn(world.sandbox, 'contact', { stall: 'headers' });
      const startedAt = world.sandbox.clock.now();
      const outcome = world.guard.check(world.send());
      await silent.next();
      world.sandbox.clock.advance(firstMs - 1);
      await turns();
      world.sandbox.clock.advance(1);
      if (attempts === 2) await silent.next();
      await turns();
      world.sandbox.clock.advance(deadlineMs - firstMs);
      const { checkedAt, decision } = await outcome;
      expect(decision).toEqual({ verdict: 'unknown', reason: 'deadline_exceeded' });
      expect(checkedAt).toBe(startedAt + (attempts === 2 ? deadlineMs : firstMs));
      expect(countOf(world.sandbox, 'contact')).toBe(attempts);
    },
  );

  it('for one of two questions: both together keep the deadline', async () => {
    const world = await createWorld();
    const startedAt = world.sandbox.clock.now();
    const held = holdAnswers(world.sandbox, 'channel');
    const outcome = world.guard.check(world.send());
    const release = await held.next();
    world.sandbox.clock.advance(300);
    const silent = faultOn(world.sandbox, 'contact', { stall: 'headers' });
    release();
    await silent.next();
    world.sandbox.clock.advance(400);
    await silent.next();
    world.sandbox.clock.advance(100);
    expect(await outcome).toMatchObject({ ...unknown('deadline_exceeded'), checkedAt: startedAt + 800 });
  });

  it('and what it says too late is no proof: a closed that comes after a stall of the event loop is unknown [L9]', async () => {
    const world = await createPrimedWorld();
    const { clock } = world.sandbox;
    // A clock that has jumped when the answer comes, with timers that did not fire in time.
    let stalledMs = 0;
    const guard = createGuard({
      workspaces: { [world.workspace.id]: world.workspaceOptions },
      clock: { now: () => clock.now() + stalledMs, setTimeout: () => undefined, clearTimeout: () => undefined },
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (String(input).includes('/contacts/') && init?.method === 'GET') stalledMs = 2000;
        return response;
      },
    });
    expect(await guard.check(world.send())).toMatchObject(unknown('deadline_exceeded'));
  });
});

describe('after a 429 the reads of the workspace rest', () => {
  it.each([
    ['absent', undefined, 1 * SECOND],
    ['in seconds', '7', 7 * SECOND],
    ['in seconds with spaces', ' 7 ', 7 * SECOND],
    ['with a fraction', '1.5', 1.5 * SECOND],
    ['shorter than a second', '0.2', 1 * SECOND],
    ['zero', '0', 1 * SECOND],
    ['negative', '-5', 1 * SECOND],
    ['with an exponent', '1e9', 1 * SECOND],
    ['endless', '999999999', 60 * SECOND],
    ['beyond all numbers', '9'.repeat(400), 60 * SECOND],
    ['a minute', '60', 60 * SECOND],
    ['words', 'soon', 1 * SECOND],
    ['hexadecimal', '0x10', 1 * SECOND],
    ['there twice', ['3', '9'], 1 * SECOND],
    ['an HTTP date', 'Mon, 05 Jan 2026 09:00:05 GMT', 5 * SECOND],
    ['an HTTP date of the past', 'Mon, 05 Jan 2026 08:00:00 GMT', 1 * SECOND],
    ['an HTTP date of another year', 'Tue, 05 Jan 2027 08:00:00 GMT', 60 * SECOND],
    ['an HTTP date that does not exist', 'Mon, 99 Jan 2026 09:00:05 GMT', 1 * SECOND],
    ['an ISO date', '2026-01-05T09:00:05Z', 1 * SECOND],
  ] as const)('when Retry-After is %s [U4, U5]', async (_, retryAfter, pauseMs) => {
    const world = await createPrimedWorld();
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    world.sandbox.setFault(() => ({ status: 429, headers, body: {} }));
    expect(await world.guard.check(world.send())).toMatchObject(unknown('lookup_failed'));
    world.sandbox.setFault(undefined);
    const reads = world.reads();
    expect(await world.guard.check(world.send())).toMatchObject(unknown('lookup_budget_spent'));
    world.sandbox.clock.advance(pauseMs - 1);
    expect(await world.guard.check(world.send())).toMatchObject(unknown('lookup_budget_spent'));
    expect(world.reads()).toBe(reads);
    world.sandbox.clock.advance(1);
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
  });

  it('and not those of another workspace [U4]', async () => {
    const world = await createPrimedWorld();
    const other = world.sandbox.addWorkspace();
    const channel = other.addChannel({ platformId: 'whatsapp' });
    world.guard.reload({
      [world.workspace.id]: world.workspaceOptions,
      [other.id]: { accessKey: other.accessKey, baseUrl: world.sandbox.url },
    });
    world.sandbox.setFault(({ path }) => (path.includes(world.workspace.id) ? { status: 429 } : undefined));
    const byId = world.send({ contact: { id: world.contact.id } });
    await world.guard.check(byId);
    expect(await world.guard.check(byId)).toMatchObject(unknown('lookup_budget_spent'));
    const send = world.send({ workspaceId: other.id, channelId: channel.id });
    expect(await world.guard.check(send)).toMatchObject(unknown('contact_not_found'));
  });

  it('while windows that are known to be open are not asked about at all [S15]', async () => {
    const world = await createPrimedWorld();
    world.customerWrites();
    await world.guard.check(world.send());
    world.sandbox.setFault(() => ({ status: 429, headers: { 'retry-after': '60' } }));
    await world.guard.check(world.send({ contact: { id: NOBODY } }));
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send', source: 'memory' });
  });
});

describe('an expiry in the far future', () => {
  it.each([
    ['whatsapp', '9999-12-31T23:59:59Z', DAY],
    ['whatsapp', '2026-02-05T09:00:00Z', DAY],
    ['instagram', '9999-12-31T23:59:59Z', 7 * DAY],
    ['tiktok', '9999-12-31T23:59:59Z', 2 * DAY],
    ['a-new-platform', '9999-12-31T23:59:59Z', DAY],
  ])(
    'on %s is believed now, and asked for again when a window of the platform has passed [U16]',
    async (platformId, end, trustMs) => {
      const world = await createPrimedWorld({ platformId });
      const contact = { id: world.contact.id };
      world.sandbox.setFault(({ kind }) =>
        kind === 'contact' ? { status: 200, body: { serviceWindowExpireAt: end } } : undefined,
      );
      expect((await world.guard.check(world.send({ contact }))).decision.reason).toBe('service_window_open');
      const reads = countOf(world.sandbox, 'contact');
      world.sandbox.clock.advance(trustMs - 10 * SECOND - 1);
      expect(await world.guard.check(world.send({ contact }))).toMatchObject({ action: 'send', source: 'memory' });
      expect(countOf(world.sandbox, 'contact')).toBe(reads);
      world.sandbox.clock.advance(1);
      expect(await world.guard.check(world.send({ contact }))).toMatchObject({ action: 'send', source: 'bird' });
      expect(countOf(world.sandbox, 'contact')).toBe(reads + 1);
    },
  );
});

describe('the access key', () => {
  it('is asked for at every request, so that a rotated one takes effect at once [R15]', async () => {
    const accessKey = vi.fn((): string => '');
    const world = await createWorld({ workspace: { accessKey } });
    accessKey.mockImplementation(() => world.workspace.accessKey);
    for (let round = 0; round < 3; round += 1) {
      keepSecret(world.workspace.rotateKey());
      expect((await world.guard.check(world.send())).action).toBe('block');
      expect(accessKey).toHaveBeenCalledTimes(world.sandbox.requests().length);
    }
    expect(world.sandbox.requests().every(({ status }) => status === 200)).toBe(true);
  });

  it('may come from a promise', async () => {
    const world = await createWorld();
    const accessKey = async (): Promise<string> => world.workspace.accessKey;
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, accessKey } });
    expect((await world.guard.check(world.send())).action).toBe('block');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('canary: vault is sealed');
      },
    ],
    ['rejects', () => Promise.reject(new Error('canary: vault is sealed'))],
    ['gives what no header can carry', () => 'canary: key with a line\nbreak'],
    ['gives what no header can carry, in another script', () => 'canary: ключ'],
  ])('whose function %s makes the answer unknown, and is told to nobody', async (_, accessKey) => {
    for (const secret of ['canary: vault is sealed', 'canary: key with a line', 'canary: ключ']) keepSecret(secret);
    const world = await createWorld({ workspace: { accessKey } });
    const outcome = await world.guard.check(world.send());
    recordLetOut('outcome', outcome);
    expect(outcome).toMatchObject(unknown('lookup_failed'));
    expect(world.sandbox.requests()).toEqual([]);
  });

  it('whose function never answers makes it unknown at the deadline', async () => {
    const asked = deferred<void>();
    const accessKey = (): Promise<string> => {
      asked.resolve();
      return new Promise(() => {});
    };
    const world = await createWorld({ workspace: { accessKey } });
    const startedAt = world.sandbox.clock.now();
    const outcome = world.guard.check(world.send());
    await asked.promise;
    world.sandbox.clock.advance(400);
    await turns();
    world.sandbox.clock.advance(400);
    expect(await outcome).toMatchObject({ ...unknown('deadline_exceeded'), checkedAt: startedAt + 800 });
  });

  it('that was taken back gives access_denied, one warning, and nothing that outlasts a new key', async () => {
    const world = await createWorld();
    const { guard, workspace } = world;
    workspace.revokeKey();
    for (let sends = 0; sends < 5; sends += 1) {
      expect(await guard.check(world.send())).toMatchObject(unknown('access_denied'));
    }
    expect(world.logs.filter(({ level }) => level !== 'debug')).toMatchObject([
      { level: 'warn', fields: { reason: 'access_denied', workspaceId: workspace.id } },
    ]);
    const accessKey = workspace.rotateKey();
    keepSecret(accessKey);
    guard.reload({ [workspace.id]: { ...world.workspaceOptions, accessKey } });
    expect((await guard.check(world.send())).action).toBe('block');
  });

  it('without the permission for contacts alone is said as what it is', async () => {
    const world = await createWorld({ sandbox: { contactAccess: 'forbidden' } });
    expect(await world.guard.check(world.send())).toMatchObject(unknown('access_denied'));
    expect(countOf(world.sandbox, 'contact')).toBe(1);
  });
});

describe('the breaker', () => {
  it('is not closed by a question that is held back for its key: only an answer of Bird shows that it is back', async () => {
    const limits = { lookupsPerSecond: 1000, lookupBurst: 1000 };
    const world = await createWorld({ sandbox: { contactAccess: 'forbidden' }, workspace: limits });
    expect(await world.guard.check(world.send())).toMatchObject(unknown('access_denied'));
    world.sandbox.setFault(({ kind }) => (kind === 'channel' ? { status: 503 } : undefined));
    const checkOtherChannels = async (count: number): Promise<void> => {
      for (let sends = 0; sends < count; sends += 1) await world.guard.check(world.send({ channelId: randomUUID() }));
    };
    await checkOtherChannels(40);
    world.sandbox.clock.advance(SECOND);
    const reads = world.reads();
    expect(await world.guard.check(world.send())).toMatchObject(unknown('access_denied'));
    await checkOtherChannels(10);
    expect(world.reads() - reads).toBeLessThanOrEqual(1);
  });
});

describe('the wire', () => {
  /** A guard in front of a bare server, on the system's clock unless there is another. */
  async function guardBefore(
    listener: RequestListener,
    { scheme = 'http', clock }: { scheme?: 'http' | 'https'; clock?: Clock } = {},
  ): Promise<{ check: (channelId?: string) => ReturnType<Guard['check']> }> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const baseUrl = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const guard = createGuard({
      workspaces: { [NOBODY]: { accessKey: 'sandbox-of-the-wire', baseUrl, deadlineMs: 5000 } },
      logger: recordingLogger([]),
      clock,
    });
    return { check: (channelId = NOBODY) => guard.check({ workspaceId: NOBODY, channelId, contact: { id: NOBODY } }) };
  }

  const channel = JSON.stringify({ id: NOBODY, platformId: 'sms', status: 'active' });

  it('may carry an endless body: it is cut off after 64 KiB and the connection is closed [U3]', async () => {
    const closed = deferred<void>();
    let written = 0;
    const { check } = await guardBefore((_, res) => {
      res.on('close', () => closed.resolve());
      const pour = (): void => {
        let hasRoom = true;
        while (hasRoom && !res.destroyed) {
          written += 16_384;
          hasRoom = res.write(' '.repeat(16_384));
        }
        res.once('drain', pour);
      };
      pour();
    });
    expect((await check()).decision).toEqual({ verdict: 'unknown', reason: 'malformed_answer' });
    await closed.promise;
    // What the kernel's buffers took is written as well, but no more than that.
    expect(written).toBeLessThan(32 * 1024 * 1024);
  });

  it('may stay silent: each attempt closes its connection when its time is over [U1]', async () => {
    const sandbox = await createSandbox();
    onTestFinished(() => sandbox.close());
    const attempts = [deferred<Socket>(), deferred<Socket>()];
    let arrived = 0;
    const listener: RequestListener = ({ socket }) => {
      attempts[arrived]?.resolve(socket);
      arrived += 1;
    };
    const { check } = await guardBefore(listener, { clock: sandbox.clock });
    const outcome = check();
    for (const attempt of attempts) {
      const socket = await attempt.promise;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      sandbox.clock.advance(2500);
      await closed;
    }
    expect(await outcome).toMatchObject(unknown('deadline_exceeded'));
    expect(arrived).toBe(2);
  });

  it('may break before the answer: the second attempt counts [U22]', async () => {
    let requests = 0;
    const { check } = await guardBefore((req, res) => {
      requests += 1;
      if (requests === 1) req.socket.destroy();
      else res.end(channel);
    });
    expect((await check()).decision.reason).toBe('no_service_window');
    expect(requests).toBe(2);
  });

  it('may break where a connection is used again, as its server has just closed it: asked once more [U22]', async () => {
    const used = new Set<Socket>();
    let hasBroken = false;
    const { check } = await guardBefore((req, res) => {
      if (used.has(req.socket) && !hasBroken) {
        hasBroken = true;
        req.socket.destroy();
      } else res.end(JSON.stringify({ platformId: 'sms', status: 'active' }));
      used.add(req.socket);
    });
    for (let channels = 0; channels < 20 && !hasBroken; channels += 1) {
      expect((await check(randomUUID())).decision.reason).toBe('no_service_window');
      // Until it is read whole, an answer holds its connection.
      await turns();
    }
    expect(hasBroken).toBe(true);
  });

  it('may fail in TLS: the connection is tried twice, and no request gets through [U22]', async () => {
    let requests = 0;
    const { check } = await guardBefore(() => (requests += 1), { scheme: 'https' });
    expect(await check()).toMatchObject(unknown('lookup_failed'));
    expect(requests).toBe(0);
  });

  it.each(['ENOTFOUND', 'EAI_AGAIN', 'CERT_HAS_EXPIRED', 'ECONNRESET', 'UND_ERR_SOCKET'])(
    'may fail with %s, which is tried twice [U22]',
    async (code) => {
      const broken = vi.fn(() => Promise.reject(new TypeError('fetch failed', { cause: { code } })));
      const world = await createWorld({ guard: { fetch: broken as unknown as typeof fetch } });
      expect(await world.guard.check(world.send())).toMatchObject(unknown('lookup_failed'));
      expect(broken).toHaveBeenCalledTimes(2);
    },
  );

  it('may carry what is no HTTP', async () => {
    const { check } = await guardBefore((req) => req.socket.end('220 mail.example.com ESMTP\r\n'));
    expect((await check()).decision).toEqual({ verdict: 'unknown', reason: 'lookup_failed' });
  });

  it('may carry a body in what is no UTF-8, or behind a byte order mark', async () => {
    const bytes = [Buffer.from([0x22, 0xff, 0xfe, 0x22]), Buffer.from(`\ufeff${channel}`)];
    const { check } = await guardBefore((_, res) => res.end(bytes.shift()));
    expect((await check()).decision.reason).toBe('malformed_answer');
    expect((await check()).decision.reason).toBe('no_service_window');
  });

  it('may lead to nobody', async () => {
    const guard = createGuard({
      workspaces: { [NOBODY]: { accessKey: 'sandbox-of-the-wire', baseUrl: 'http://127.0.0.1:1' } },
      logger: recordingLogger([]),
    });
    const outcome = await guard.check({ workspaceId: NOBODY, channelId: NOBODY, contact: { id: NOBODY } });
    expect(outcome).toMatchObject(unknown('lookup_failed'));
  });

  it.each([
    [
      'throws at once',
      () => {
        throw new TypeError('no');
      },
    ],
    ['rejects with what is no error', () => Promise.reject('no')],
    ['gives nothing', () => Promise.resolve(undefined)],
    ['gives an object of its own', () => Promise.resolve({ status: 200 })],
  ])('may be a function of the user that %s', async (_, broken) => {
    const world = await createWorld({ guard: { fetch: broken as unknown as typeof fetch } });
    expect((await world.guard.check(world.send())).decision.verdict).toBe('unknown');
  });
});
