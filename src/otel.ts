/**
 * The guard's metrics for OpenTelemetry.
 *
 * @module freeform-guard/otel
 */

import { type Attributes, type Meter, metrics, type ObservableResult } from '@opentelemetry/api';
import type { Guard } from './guard/guard.js';
import { internalsOf } from './guard/internals.js';
import type { DecisionEvent } from './telemetry/decision-event.js';
import type { LookupEvent } from './telemetry/lookups.js';

/** Requests to Bird take some tens of milliseconds, and no decision waits longer than its deadline. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5];

/**
 * Records what a guard decides, how long its requests to Bird take, and how many reads it has left. Call it once for
 * each guard, after the SDK has started.
 *
 * @param meter default: that of the global meter provider
 * @returns a function that ends it
 * @throws {TypeError} for a guard that `createGuard` did not make
 *
 * @example
 * const stop = recordMetrics(guard);
 */
export function recordMetrics(guard: Guard, meter: Meter = metrics.getMeter('freeform-guard')): () => void {
  const { decisions, lookups, isKnown, reportError } = internalsOf(guard);
  const counter = meter.createCounter('freeform_guard.decisions', {
    description: 'Decisions, one for each recipient',
    unit: '{decision}',
  });
  const durations = meter.createHistogram('freeform_guard.lookup.duration', {
    description: 'Duration of requests to Bird',
    unit: 's',
    advice: { explicitBucketBoundaries: SECONDS },
  });
  const budget = meter.createObservableGauge('freeform_guard.lookup.budget', {
    description: 'Reads of Bird that may start at once',
    unit: '{read}',
  });
  // A meter is the application's own: what it throws must not reach a decision.
  const safely =
    <T>(record: (event: T) => void) =>
    (event: T): void => {
      try {
        record(event);
      } catch (error) {
        reportError({ source: 'hook', hook: 'meter', error });
      }
    };
  const observe = (result: ObservableResult): void => {
    for (const { workspaceId, readsLeft } of guard.health().workspaces) {
      result.observe(readsLeft, { workspace_id: workspaceId });
    }
  };
  budget.addCallback(observe);
  const stops = [
    decisions.listen(safely((event) => counter.add(event.recipients, attributesOf(event, isKnown)))),
    lookups.listen(safely((event) => durations.record(event.durationMs / 1000, attributesOfLookup(event)))),
    () => budget.removeCallback(observe),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/**
 * No channel, and only a workspace that the guard has options for: strangers may write any id, and each would be a
 * series of its own.
 */
function attributesOf(
  { workspaceId, platform, verdict, reason, action, wouldBe, mode, source }: DecisionEvent,
  isKnown: (workspaceId: string) => boolean,
): Attributes {
  const known = workspaceId !== undefined && isKnown(workspaceId) ? { workspace_id: workspaceId } : {};
  const others = { ...(platform && { platform }), ...(wouldBe && { would_be: wouldBe }) };
  return { ...known, ...others, verdict, reason, action, mode, source };
}

function attributesOfLookup({ workspaceId, kind, outcome }: LookupEvent): Attributes {
  return { workspace_id: workspaceId, kind, outcome };
}
