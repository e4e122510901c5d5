import { holdUntilReply } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { aTemplate, type RerouteScene, startRerouting, templateOf, textTo } from '../../support/reroute.js';
import { sendPath } from '../../support/service.js';
import { PHONE, TEXT, templateMessage, textMessage } from '../../support/world.js';
import { CLOSED, sends, toSms } from './support.js';

describe('a batch', () => {
  const batchOf = (...messageRequests: readonly unknown[]): object => ({ messageRequests });
  const call = ({ world, service }: RerouteScene, body: object): ReturnType<typeof service.call> =>
    service.call(sendPath(world, 'batch/messages'), body);

  it('of which all is allowed is left as it is', async () => {
    const scene = await startRerouting(() => aTemplate());
    scene.world.customerWrites();
    const batch = batchOf(textMessage({ reference: 'a' }), templateMessage({ reference: 'b' }));
    await call(scene, batch);
    expect(scene.service.passed[0]?.body).toEqual(batch);
    expect(scene.service.passed[0]?.freeformGuard).not.toHaveProperty('rewritten');
  });

  it('loses what waits, and is answered 202 where all waits', async () => {
    const hold = holdUntilReply();
    const scene = await startRerouting(() => hold);
    const batch = batchOf(textMessage({ reference: 'a' }), templateMessage(), textMessage({ reference: 'b' }));
    const reply = await call(scene, batch);
    expect(reply.window).toBe(`${CLOSED}, recipients=3, action=hold, sends=1, held=2`);
    expect(scene.service.passed[0]?.body).toEqual(batchOf(templateMessage()));
    const rest = await call(scene, batchOf(textMessage({ reference: 'c' })));
    expect(rest).toMatchObject({ status: 202, body: { code: 'held', contacts: [{ index: 0, item: 0 }] } });
    expect(await hold.pending(scene.world.workspace.id)).toHaveLength(3);
  });

  it.each(['block', 'split'] as const)('with an item that nothing carries: %s', async (onMixed) => {
    const scene = await startRerouting(() => aTemplate(), { workspace: { onMixed } });
    const place = textMessage({ body: { type: 'location', location: {} } });
    const reply = await call(scene, batchOf(textMessage(), place, templateMessage()));
    if (onMixed === 'block') {
      expect(reply.status).toBe(409);
      expect(reply.body.contacts).toMatchObject([
        { item: 0, declined: ['other_recipients'] },
        { item: 1, declined: ['content_not_carried'] },
        { item: 2, verdict: 'allow' },
      ]);
      expect(sends(scene.world)).toEqual([]);
      return;
    }
    expect(reply.window).toBe(`${CLOSED}, recipients=3, action=reroute, sends=2, blocked=1`);
    expect(scene.service.passed[0]?.body).toMatchObject({
      messageRequests: [{ template: templateOf(TEXT) }, templateMessage()],
    });
  });

  it('gets two items for a text that is split, in its place', async () => {
    const scene = await startRerouting(() => aTemplate({ maxLength: 20 }));
    await call(scene, batchOf(templateMessage(), textTo([PHONE], 'the parcel is at the neighbour'), templateMessage()));
    expect(scene.service.passed[0]?.body).toMatchObject({
      messageRequests: [
        templateMessage(),
        { template: templateOf('the parcel is at the') },
        { template: templateOf('neighbour') },
        templateMessage(),
      ],
    });
    expect(scene.world.arrivals()).toHaveLength(2);
  });

  it('of more than 100 afterwards is refused', async () => {
    const scene = await startRerouting(() => aTemplate({ maxLength: 20 }));
    const long = textTo([PHONE], 'the parcel is at the neighbour');
    const reply = await call(scene, batchOf(...Array.from({ length: 51 }, () => long)));
    expect(reply.status).toBe(409);
    expect(reply.body.contacts[50]).toMatchObject({ item: 50, declined: ['batch_too_large'] });
    expect(sends(scene.world)).toEqual([]);
  });

  it('of which one item would go to another channel is refused', async () => {
    const scene = await startRerouting(toSms);
    const reply = await call(scene, batchOf(textMessage(), templateMessage()));
    expect(reply.body.contacts).toMatchObject([{ declined: ['batch_of_one_channel'] }, { verdict: 'allow' }]);
    expect(sends(scene.world)).toEqual([]);
  });
});
