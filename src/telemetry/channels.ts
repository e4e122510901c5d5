import type { Channel, TracingChannel } from 'node:diagnostics_channel';

type Diagnostics = Pick<typeof import('node:diagnostics_channel'), 'channel' | 'tracingChannel'>;

/**
 * Node's channels, where the runtime has them. They are not imported: a runtime without that module could not load the
 * package.
 */
function diagnostics(): Diagnostics | undefined {
  return globalThis.process?.getBuiltinModule?.('node:diagnostics_channel');
}

/** Each decision of every guard in the process. */
export function decisionChannel(): Channel | undefined {
  return diagnostics()?.channel('freeform-guard:decision');
}

/** Each request to Bird of every guard in the process. */
export function lookupChannel(): TracingChannel | undefined {
  return diagnostics()?.tracingChannel('freeform-guard:lookup');
}
