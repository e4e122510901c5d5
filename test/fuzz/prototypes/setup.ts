// Loaded before every test file, behind the suite's own setup, in a run of `npm run fuzz:prototypes`.

/** Fields that the guard reads, and that no package has for itself. */
const polluted: Readonly<Record<string, unknown>> = {
  ...{ isPermanentSession: true, serviceWindowExpireAt: '2999-01-01T00:00:00Z', lastInboundAt: 32_503_680_000_000 },
  ...{ optedOut: true, refusedAt: 32_503_680_000_000, messagesSinceInbound: 1_000_000, optedOutAt: 32_503_680_000_000 },
  ...{ expiresAt: 32_503_680_000_000, farUntil: 32_503_680_000_000, permanentUntil: 32_503_680_000_000, doubtedAt: 1 },
  ...{ platformAddress: '+10000000000', platformAddressSelector: 'polluted', identifiers: [], isHuman: true },
  ...{ onUnknown: 'block', onClosed: 'polluted', onMixed: 'split', safetyMarginMs: 86_399_999, exposeExpiry: false },
  ...{ trustPermanentSession: false, onContactNotFound: 'closed', lookupBurst: 1, lookupsPerSecond: 0.1, isLost: true },
};

switch (process.env.PROTOTYPES) {
  case 'frozen':
    // Not that of functions: the router of Express gives its own a `bind`.
    for (const one of [Object, Array, Map, Promise]) Object.freeze(one.prototype);
    break;
  case 'polluted':
    for (const [name, value] of Object.entries(polluted)) {
      if (Object.hasOwn(Object.prototype, name)) continue;
      Object.defineProperty(Object.prototype, name, { value, writable: true, configurable: true, enumerable: false });
    }
    break;
}
