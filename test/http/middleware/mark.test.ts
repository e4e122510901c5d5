import { createGuard, freeformGuard, type Middleware, type WorkspaceOptions } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { createSmallWorld, startService } from '../../support/service.js';
import { recordingLogger } from '../../support/world.js';

const logger = recordingLogger([]);

describe('two guards in a row (field A7)', () => {
  it.each<[string, (id: string, options: WorkspaceOptions) => Middleware]>([
    ['knows nothing of the workspace', () => freeformGuard({ workspaces: {}, logger })],
    ['is off there', (id, options) => freeformGuard({ workspaces: { [id]: { ...options, mode: 'off' } }, logger })],
    ['is closed to it by a function', () => freeformGuard({ workspaces: () => undefined, logger })],
  ])('where the first one %s, the second one decides', async (_, create) => {
    const world = await createSmallWorld();
    const first = create(world.workspace.id, world.workspaceOptions);
    const service = await startService(world, { guards: [first, freeformGuard(world.guard)] });
    expect(await service.send()).toMatchObject({ status: 409, body: { code: 'service_window_closed' } });
  });

  it.each([
    ['a denial that is only observed', { mode: 'observe' as const }],
    ['a reply that it cannot decide', { baseUrl: 'http://127.0.0.1:1' }],
  ])('after %s of the first one, the second one does not decide again', async (_, change) => {
    const world = await createSmallWorld();
    const workspaces = { [world.workspace.id]: { ...world.workspaceOptions, ...change } };
    const first = createGuard({ workspaces, logger, clock: world.sandbox.clock });
    const service = await startService(world, { guards: [freeformGuard(first), freeformGuard(world.guard)] });
    expect((await service.send()).status).toBe(202);
    expect(world.guard.stats().decisions).toEqual({});
    first.close();
  });
});
