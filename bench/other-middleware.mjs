/** What the guard is measured beside: three middlewares that everybody knows, and the least that any guard must do. */
import cors from 'cors';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { GUARD } from './builds.mjs';
import { addressOf, CHANNEL_ID, CONTACTS, WORKSPACE_ID } from './contacts.mjs';

export const FLOOR = 'floor';
export const LIMITER = 'express-rate-limit';

const DAY_MS = 86_400_000;
const OPEN = 'verdict=allow;reason=service_window_open, source=memory';
const WORKSPACE_AT = '/workspaces/'.length;
const UUID_LENGTH = 36;
const CHANNEL_AT = WORKSPACE_AT + UUID_LENGTH + '/channels/'.length;

export function otherMiddleware() {
  return [
    { name: 'cors', handle: cors() },
    { name: 'helmet', handle: helmet() },
    {
      name: LIMITER,
      handle: rateLimit({ windowMs: 60_000, limit: Number.MAX_SAFE_INTEGER, validate: false }),
    },
    { name: FLOOR, handle: createFloor() },
  ];
}

/** Reads the path and the body, looks up three times, leaves a property and a header. */
function createFloor() {
  const addresses = new Map();
  for (let index = 0; index < CONTACTS; index += 1) addresses.set(addressOf(index), Date.now() + DAY_MS);
  const workspaces = new Map([[WORKSPACE_ID, new Map([[CHANNEL_ID, addresses]])]]);
  return function floor(req, res, next) {
    const workspaceId = req.url.slice(WORKSPACE_AT, WORKSPACE_AT + UUID_LENGTH);
    const channelId = req.url.slice(CHANNEL_AT, CHANNEL_AT + UUID_LENGTH);
    const address = req.body.receiver.contacts[0].identifierValue;
    const expiresAt = workspaces.get(workspaceId)?.get(channelId)?.get(address);
    if (expiresAt === undefined || expiresAt <= Date.now()) throw new Error('The floor has no such window');
    req.floor = { expiresAt };
    res.setHeader('Freeform-Window', OPEN);
    next();
  };
}

/** Fails unless the guard allowed the request from memory: anything else is not a hit. */
export function checkHit(name, res) {
  const header = res.getHeader('Freeform-Window');
  const isGuard = name === FLOOR || name.startsWith(GUARD);
  if (isGuard && header !== OPEN) throw new Error(`${name} did not hit: ${header}`);
}
