import { describe, expect, it } from 'vitest';
import { answerOf, HOUR, inactive, NOW, whatsapp } from '../fake-workspace.js';
import { turns } from '../support.js';
import { fromNow, id, inConversation, isOpen, nobody, send, setUp, template } from './support.js';

const allowed = { verdict: 'allow', reason: 'service_window_open' };
const optedOut = { verdict: 'deny', reason: 'opted_out' };
const passes = { verdict: 'allow', reason: 'template' };
const facts = { asksForOptOut: false };
const everything = { asksForOptOut: true };
const isOut = { options: { isOptedOut: () => true } };

describe('what the facts say of a send', () => {
  it('is what is remembered, even where no read is left', async () => {
    const { decider, asked } = setUp({ ...isOpen, isRefused: true });
    expect((await decider.lookUp(send, fromNow, facts)).decision).toMatchObject(allowed);
    expect(asked.windows).toEqual([]);
  });

  it('is what Bird says, whatever the mode', async () => {
    const { decider } = setUp({ fresh: whatsapp, answers: [answerOf(NOW + HOUR)], options: { mode: 'off' } });
    expect(await decider.lookUp(send, fromNow, facts)).toMatchObject({ decision: allowed, source: 'bird' });
  });

  it('is found for a conversation too, also in mode off', async () => {
    const { decider, places } = setUp({ ...isOpen, options: { mode: 'off' } });
    expect((await decider.lookUp(inConversation, fromNow, facts)).decision).toMatchObject(allowed);
    expect(places).toEqual([id]);
  });

  it('leaves the application out where it is not to be asked', async () => {
    expect((await setUp({ ...isOpen, ...isOut }).decider.lookUp(send, fromNow, facts)).decision).toMatchObject(allowed);
    const { decider } = setUp({ fresh: whatsapp, answers: [answerOf(NOW + HOUR)], ...isOut });
    expect((await decider.lookUp(send, fromNow, facts)).decision).toMatchObject(allowed);
  });

  it('has the word of the application where it is to be asked', async () => {
    const remembered = setUp({ ...isOpen, ...isOut });
    expect((await remembered.decider.lookUp(send, fromNow, everything)).decision).toMatchObject(optedOut);
    const { decider } = setUp({ fresh: whatsapp, answers: [answerOf(NOW + HOUR)], ...isOut });
    expect((await decider.lookUp(send, fromNow, everything)).decision).toMatchObject(optedOut);
  });

  it('waits for an application that takes its time until the deadline, and no longer', async () => {
    let answer = (_isOut: boolean): void => {};
    const isOptedOut = (): Promise<boolean> =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const { decider, clock } = setUp({ ...isOpen, options: { isOptedOut } });
    const inTime = decider.lookUp(send, fromNow, everything);
    clock.advance(799);
    answer(true);
    expect((await inTime).decision).toMatchObject(optedOut);

    const late = setUp({ ...isOpen, options: { isOptedOut } });
    const asking = late.decider.lookUp(send, fromNow, everything);
    late.clock.advance(800);
    await turns();
    answer(true);
    expect((await asking).decision).toEqual({ verdict: 'unknown', reason: 'deadline_exceeded' });
  });

  it('lets a template pass without a read where nothing is known of its channel', async () => {
    const { decider, asked } = setUp({ read: inactive });
    expect((await decider.lookUp(template, fromNow, facts)).decision).toMatchObject(passes);
    expect(asked.channelMs).toEqual([]);
  });

  it('stops a template whose channel was seen to be inactive, and still is', async () => {
    const { decider } = setUp({ old: inactive, read: inactive });
    const decision = { verdict: 'deny', reason: 'channel_inactive' };
    expect((await decider.lookUp(template, fromNow, facts)).decision).toMatchObject(decision);
  });

  it('is nothing in a workspace that nobody knows', async () => {
    const { decider } = setUp(isOpen);
    const { decision } = await decider.lookUp({ ...send, workspaceId: nobody }, fromNow, facts);
    expect(decision).toEqual({ verdict: 'unknown', reason: 'workspace_unknown' });
  });
});

it('what a reroute policy would send is not for whom the application knows to have opted out', async () => {
  const { decider, policy } = setUp({ ...isOpen, ...isOut });
  expect(
    await decider.decideAlone({ ...send, message: { body: { type: 'text', text: { text: 'Hi' } } } }, fromNow(policy)),
  ).toMatchObject(optedOut);
});
