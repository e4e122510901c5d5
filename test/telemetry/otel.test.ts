import { metrics } from '@opentelemetry/api';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { Guard } from 'freeform-guard';
import { recordMetrics } from 'freeform-guard/otel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recordLetOut } from '../support/canary.js';
import { createSmallWorld } from '../support/service.js';
import type { World } from '../support/world.js';

/** Collects when the test asks. */
class TestReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

interface Point {
  readonly attributes: object;
  readonly value: unknown;
}

interface Metrics {
  readonly stop: () => void;
  read(name: string): Promise<{ readonly unit: string; readonly points: readonly Point[] }>;
}

/** The metrics of a guard, as the real SDK exports them. */
function measure(guard: Guard): Metrics {
  const reader = new TestReader({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  return {
    stop: recordMetrics(guard, provider.getMeter('test')),
    read: async (name) => {
      const { resourceMetrics, errors } = await reader.collect();
      expect(errors).toEqual([]);
      recordLetOut('metrics', resourceMetrics.scopeMetrics);
      const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
      const found = all.find(({ descriptor }) => descriptor.name === name);
      const points = (found?.dataPoints ?? []).map(({ attributes, value }) => ({ attributes, value }));
      return { unit: found?.descriptor.unit ?? '', points };
    },
  };
}

async function createMeasured(): Promise<{ readonly world: World; readonly measured: Metrics; readonly id: string }> {
  const world = await createSmallWorld({ workspace: { mode: 'observe' } });
  return { world, measured: measure(world.guard), id: world.workspace.id };
}

describe('recordMetrics', () => {
  it('counts decisions by what they say', async () => {
    const { world, measured, id } = await createMeasured();
    for (let times = 0; times < 3; times += 1) await world.guard.check(world.send());
    await world.guard.check(world.send({ workspaceId: '99999999-1111-4111-8111-111111111111' }));
    const common = { verdict: 'deny', reason: 'service_window_closed', action: 'send', mode: 'observe' };
    const closed = { ...common, would_be: 'block', source: 'bird', platform: 'whatsapp', workspace_id: id };
    const unknown = {
      verdict: 'unknown',
      reason: 'workspace_unknown',
      action: 'send',
      mode: 'enforce',
      source: 'none',
    };
    expect(await measured.read('freeform_guard.decisions')).toEqual({
      unit: '{decision}',
      points: [
        { attributes: closed, value: 3 },
        { attributes: unknown, value: 1 },
      ],
    });
  });

  it('measures requests to Bird in seconds', async () => {
    const { world, measured, id } = await createMeasured();
    await world.guard.check(world.send());
    world.sandbox.setFault(() => ({ status: 503 }));
    await world.guard.check(world.send());
    const { unit, points } = await measured.read('freeform_guard.lookup.duration');
    expect(unit).toBe('s');
    const found = points.map(({ attributes, value }) => [attributes, Object(value).count]);
    expect(found).toEqual([
      [{ workspace_id: id, kind: 'channel', outcome: 'answered' }, 1],
      [{ workspace_id: id, kind: 'contactId', outcome: 'answered' }, 1],
      [{ workspace_id: id, kind: 'window', outcome: 'answered' }, 1],
      [{ workspace_id: id, kind: 'window', outcome: 'lookup_failed' }, 2],
    ]);
    expect(Object(points[0]?.value).buckets.boundaries).toContain(0.75);
  });

  it('shows the reads that are left, as they are when asked', async () => {
    const { world, measured, id } = await createMeasured();
    const left = async (): Promise<unknown> => (await measured.read('freeform_guard.lookup.budget')).points;
    expect(await left()).toEqual([{ attributes: { workspace_id: id }, value: 10 }]);
    await world.guard.check(world.send());
    expect(await left()).toEqual([{ attributes: { workspace_id: id }, value: 8 }]);
  });

  it('ends', async () => {
    const { world, measured } = await createMeasured();
    measured.stop();
    await world.guard.check(world.send());
    for (const name of ['decisions', 'lookup.duration', 'lookup.budget']) {
      expect((await measured.read(`freeform_guard.${name}`)).points).toEqual([]);
    }
  });

  it('takes the global meter provider by default', async () => {
    const reader = new TestReader();
    const provider = new MeterProvider({ readers: [reader] });
    metrics.setGlobalMeterProvider(provider);
    onTestFinished(async () => {
      metrics.disable();
      await provider.shutdown();
    });
    const world = await createSmallWorld();
    recordMetrics(world.guard);
    await world.guard.check(world.send());
    const { resourceMetrics } = await reader.collect();
    expect(resourceMetrics.scopeMetrics.map(({ scope }) => scope.name)).toEqual(['freeform-guard']);
  });

  it('lets no fault of the meter reach a decision', async () => {
    const errors: unknown[] = [];
    const world = await createSmallWorld({ guard: { onError: ({ hook }) => void errors.push(hook) } });
    const fails = (): never => {
      throw new Error('no space');
    };
    const instrument = { add: fails, record: fails, addCallback: () => {}, removeCallback: () => {} };
    const create = (): typeof instrument => instrument;
    recordMetrics(world.guard, {
      createCounter: create,
      createHistogram: create,
      createObservableGauge: create,
    } as never);
    expect((await world.guard.check(world.send())).action).toBe('block');
    expect(errors).toEqual(['meter', 'meter', 'meter', 'meter']);
  });

  it('refuses what is no guard', () => {
    expect(() => recordMetrics({} as Guard)).toThrow('guard must come from createGuard; received an object');
  });
});
