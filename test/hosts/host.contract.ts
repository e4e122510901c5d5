import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { templateOf } from '../support/reroute.js';
import { TEXT, templateMessage, textMessage } from '../support/world.js';
import { type Host, plainHttp } from './host.js';
import { type HostScene, startScene } from './scene.js';

const OPEN = 'verdict=allow;reason=service_window_open, source=bird';
const CLOSED = 'verdict=deny;reason=service_window_closed, source=bird';

/** What every host must make of its recipe, the framework being the real one. */
export function describeHost(host: Host): void {
  const { acceptedStatus: accepted } = host.protocol ?? plainHttp;
  describe(host.name, () => {
    let scene: HostScene;
    beforeAll(async () => {
      scene = await startScene(host);
    });
    afterAll(() => scene?.close());

    it('sends while the window is open, and a template always', async () => {
      expect(await scene.send('open')).toMatchObject({ status: accepted, window: OPEN });
      expect(await scene.send('blocked', templateMessage())).toMatchObject({
        status: accepted,
        window: 'verdict=allow;reason=template, source=none',
      });
      expect(scene.takeSent()).toEqual([
        { channelId: scene.ids.open, message: textMessage() },
        { channelId: scene.ids.blocked, message: templateMessage() },
      ]);
    });

    it('answers a closed window with the whole problem, and sends nothing', async () => {
      const reply = await scene.send('blocked');
      expect(reply).toMatchObject({ status: 409, answer: { code: 'service_window_closed', retryable: false } });
      expect(reply.answer.channelId).toBe(scene.ids.blocked);
      if (host.protocol === undefined) {
        expect(reply.window).toBe(CLOSED);
        expect(reply.headers['content-type']).toMatch(/^application\/problem\+json(;|$)/);
        expect(reply.headers['cache-control']).toBe('no-store');
      }
      expect(scene.takeSent()).toEqual([]);
    });

    it('sends a template in the place of a late text', async () => {
      expect(await scene.send('toTemplate')).toMatchObject({
        status: accepted,
        window: `${CLOSED}, action=reroute, sends=1`,
      });
      const { receiver } = textMessage();
      const message = { receiver, template: templateOf(TEXT) };
      expect(scene.takeSent()).toEqual([{ channelId: scene.ids.toTemplate, message }]);
    });

    it('sends a late text by another channel', async () => {
      expect(await scene.send('toSms')).toMatchObject({
        status: accepted,
        window: `${CLOSED}, action=reroute, sends=1`,
      });
      expect(scene.takeSent()).toMatchObject([{ channelId: scene.ids.sms, message: { body: textMessage().body } }]);
    });

    it('sends all parts of a text that was split, in order', async () => {
      expect((await scene.send('split')).window).toBe(`${CLOSED}, action=reroute, sends=2`);
      const parts = scene.takeSent().map(({ message }) => Object(message).template.parameters[0].value);
      expect(parts.join(' ')).toBe(TEXT);
      expect(parts).toHaveLength(2);
    });

    it('accepts a text that waits, and sends nothing', async () => {
      expect(await scene.send('held')).toMatchObject({ status: accepted, answer: { code: 'held' } });
      expect(scene.takeSent()).toEqual([]);
      expect(await scene.countHeld()).toBe(1);
    });

    it('holds nothing for a client that has left meanwhile, and sends nothing for it', async () => {
      if (scene.sendAndLeave === undefined) return;
      const held = await scene.countHeld();
      for (const channel of ['held', 'toTemplate'] as const) await scene.sendAndLeave(channel);
      expect(await scene.countHeld()).toBe(held);
      expect(scene.takeSent()).toEqual([]);
    });

    it('answers 503 while Bird is down and unknown is blocked', async () => {
      const reply = await scene.sendWhileBirdIsDown();
      expect(reply).toMatchObject({ status: 503, answer: { code: 'lookup_failed', retryable: true } });
      if (host.protocol === undefined) expect(reply.headers['retry-after']).toBe('1');
      expect(scene.takeSent()).toEqual([]);
    });

    it('answers where Bird refuses a message, and does not hang', async () => {
      const print = vi.spyOn(console, 'error').mockReturnValue();
      const reply = await scene.sendWhatBirdRefuses().finally(() => print.mockRestore());
      expect(reply.status).toBe(500);
      expect(scene.takeSent()).toEqual([]);
    });

    it('leaves alone what is no send', async () => {
      const text = JSON.stringify({ note: 'é' });
      const headers = { 'content-type': 'application/json' };
      const reply = await scene.call({ method: 'POST', path: '/echo', text, headers });
      expect(reply.headers).not.toHaveProperty('freeform-window');
      if (host.echoes) expect([reply.status, JSON.parse(reply.text)]).toEqual([200, { note: 'é' }]);
      for (const method of ['HEAD', 'OPTIONS', 'GET']) {
        const other = await scene.call({ method, path: scene.pathOf('blocked') });
        expect(other.headers).not.toHaveProperty('freeform-window');
      }
      expect(scene.takeSent()).toEqual([]);
    });

    it.runIf(host.protocol === undefined)('lets nothing by in another spelling of the path', async () => {
      const call = plainHttp.callOf({ workspaceId: '', channelId: '', message: textMessage() });
      const path = scene.pathOf('blocked');
      for (const other of [
        `${path}/`,
        `${path}?a=b`,
        path.toUpperCase(),
        `/${path}`,
        path.replace('messages', '%6dessages'),
      ]) {
        const { status } = await scene.call({ ...call, path: other });
        expect([404, 405, 409], other).toContain(status);
      }
      expect(scene.takeSent()).toEqual([]);
    });

    it('takes the event that the customer has written, and then needs no read', async () => {
      expect((await scene.tell('told', false)).status).toBe(401);
      const told = await scene.tell('told');
      expect([told.status, JSON.parse(told.text).code]).toEqual([200, 'accepted']);
      expect(await scene.send('told')).toMatchObject({
        status: accepted,
        window: 'verdict=allow;reason=service_window_open, source=memory',
      });
      expect(scene.takeSent()).toHaveLength(1);
      expect(scene.logs.filter(({ level }) => level === 'error')).toEqual([]);
    });
  });
}
