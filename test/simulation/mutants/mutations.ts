/** One way to break the decision, as somebody might write it who does not know better. */
export interface Mutation {
  readonly name: string;
  /** Below `src`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Below `test`: of the suite, what finds it soonest. */
  readonly tests: readonly string[];
}

const checker = ['simulation/every-order/checker.test.ts'];
const goodDays = ['simulation/good-days.test.ts'];
const badDays = ['simulation/bad-days.test.ts'];

/** What is known of a window, and how it is joined. */
const evidence: readonly Mutation[] = [
  {
    name: "the last word wins: Bird's late answer overwrites what it said before",
    file: 'core/service-window.ts',
    find: 'expiresAt: latest(a.expiresAt, b.expiresAt)',
    replace: 'expiresAt: b.expiresAt ?? a.expiresAt',
    tests: ['core/service-window.test.ts', ...checker],
  },
  {
    name: 'the last event wins: an older message moves the window back',
    file: 'core/service-window.ts',
    find: 'lastInboundAt: latest(a.lastInboundAt, b.lastInboundAt)',
    replace: 'lastInboundAt: b.lastInboundAt ?? a.lastInboundAt',
    tests: checker,
  },
  {
    name: 'a new message wipes out the refusal before it',
    file: 'core/service-window.ts',
    find: 'refusedAt: latest(a.refusedAt, b.refusedAt)',
    replace: 'refusedAt: b.refusedAt',
    tests: checker,
  },
  {
    name: 'a refusal is ignored against what the customer wrote',
    file: 'core/service-window.ts',
    find: 'if (inboundAt === undefined || (refusedAt !== undefined && inboundAt <= refusedAt)) return undefined;',
    replace: 'if (inboundAt === undefined) return undefined;',
    tests: checker,
  },
  {
    name: "a refusal is ignored against Bird's date",
    file: 'core/service-window.ts',
    find: 'return refusedAt >= birdEnd - durationMs || isFarDate(birdEnd, durationMs, at);',
    replace: 'return false;',
    tests: checker,
  },
  {
    name: 'a refusal is ignored under a date that no message explains',
    file: 'core/service-window.ts',
    find: 'return refusedAt >= birdEnd - durationMs || isFarDate(birdEnd, durationMs, at);',
    replace: 'return refusedAt >= birdEnd - durationMs;',
    tests: ['core/freeform.test.ts'],
  },
  {
    name: 'a date that no message explains is remembered as if the customer had just written',
    file: 'lookup/window-cache.ts',
    find: "[isFarDate(said, windowMs, askedAt) ? 'farUntil' : 'expiresAt']",
    replace: 'expiresAt',
    tests: ['guard/windows/field-windows.test.ts'],
  },
  {
    name: "Bird's null lifts a doubt about an opening (field A11)",
    file: 'guard/decide.ts',
    find: "isInDoubt && decision.verdict === 'allow'",
    replace: "isInDoubt && decision.verdict === 'deny'",
    tests: ['guard/windows/observations.test.ts'],
  },
  {
    name: 'a template passes also where the platform has none (field A15)',
    file: 'guard/template.ts',
    find: "own(row, 'hasTemplates') !== true",
    replace: "own(row, 'hasTemplates') === 'never'",
    tests: ['guard/templates.test.ts'],
  },
  {
    name: 'the quota of which the platform says that it is spent counts on (field A9)',
    file: 'core/service-window.ts',
    find: 'quotaSpentAt !== undefined && quotaSpentAt > since',
    replace: 'quotaSpentAt !== undefined && quotaSpentAt < since',
    tests: ['guard/windows/field-windows.test.ts'],
  },
  {
    name: "Meta's code 10 speaks of the window whatever its words are (field A9)",
    file: 'bird/refusal-codes.ts',
    find: '[text, ...words].some(speaksOfWindow)',
    replace: 'words.length >= 0',
    tests: ['bird/refusal-codes.test.ts'],
  },
  {
    name: 'the year 1 is the end of a capability (field A13)',
    file: 'core/channel-availability.ts',
    find: 'end !== undefined && end >= MIN_END',
    replace: 'end !== undefined && end >= -MIN_END * 100',
    tests: ['core/freeform.test.ts'],
  },
  {
    name: 'a human is denied by what speaks of the short window',
    file: 'core/freeform.ts',
    find: "if (otherwise === 'unknown' || human?.isDecided === false) return",
    replace: "if (otherwise === 'unknown') return",
    tests: ['core/freeform.test.ts'],
  },
  {
    name: "a refusal after the short window closes the human's",
    file: 'core/service-window.ts',
    find: 'inboundAt <= refusedAt && refusedAt < inboundAt + window.durationMs;',
    replace: 'inboundAt <= refusedAt;',
    tests: ['core/freeform.test.ts'],
  },
  {
    name: 'a refusal also beats what the customer writes in the hour after it',
    file: 'core/service-window.ts',
    find: 'inboundAt <= refusedAt))',
    replace: 'inboundAt <= refusedAt + 3_600_000))',
    tests: checker,
  },
  {
    name: 'a window counts from when its event arrives, not from when the customer wrote',
    file: 'guard/observations.ts',
    find: 'return Math.min(at, this.#parts.now(workspaceId));',
    replace: 'return this.#parts.now(workspaceId);',
    tests: checker,
  },
  {
    name: 'what the caller saw is dated by a local clock that is wrong',
    file: 'guard/workspaces.ts',
    find: 'this.#entries.get(id)?.workspace.now() ?? this.#parts.clock.now()',
    replace: 'this.#parts.clock.now()',
    tests: ['guard/windows/time.test.ts', ...badDays],
  },
  {
    name: "a contact's second number opens the window of the first",
    file: 'guard/observations.ts',
    find: 'byAddress === undefined ? evidence : { contactWroteAt: at }',
    replace: 'evidence',
    tests: ['guard/windows/observations.test.ts', ...badDays],
  },
  {
    name: 'an end in the far future is remembered for ever',
    file: 'lookup/window-cache.ts',
    find: 'Math.min(said, askedAt + trustMs)',
    replace: 'said',
    tests: ['guard/reads/faults.test.ts', ...badDays],
  },
];

/** Who a contact is. */
const identities: readonly Mutation[] = [
  {
    name: 'a refusal of one number of a contact denies what goes to the other',
    file: 'lookup/window-cache.ts',
    find: 'const known = (await this.#recallOwn(target)) ?? noEvidence;',
    replace: 'const known = (await this.recallFor(target)) ?? noEvidence;',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'a contact that has written from another identity is denied',
    file: 'lookup/other-identities.ts',
    find: 'return latest(evidence?.lastInboundAt, evidence?.contactWroteAt);',
    replace: 'return evidence === undefined ? undefined : undefined;',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'another spelling of a number is nobody',
    file: 'lookup/other-identities.ts',
    find: 'if (spelling !== undefined) addresses.push(spelling);',
    replace: '',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: "the other spelling's contact is not asked for",
    file: 'lookup/other-identities.ts',
    find: 'return (await this.#isOpenUnder(target, spelling, look)) ? look.now() : undefined;',
    replace: 'return undefined;',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'an id and an address that were told together are two windows',
    file: 'guard/observations.ts',
    find: 'links.note(ref, contactId, byAddress);',
    replace: '',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'an id with two addresses goes to the first of them',
    file: 'lookup/contact-links.ts',
    find: "value: known === undefined ? value : 'several'",
    replace: 'value: known === undefined ? value : known',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'reads for one address are shared, whatever the contact id is',
    file: 'lookup/window-cache.ts',
    find: "const by = contactId || (identifier?.key ?? '');",
    replace: "const by = contactId === identifier?.key ? '' : '';",
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'what Bird answers for a pair that does not belong together opens for others',
    file: 'lookup/remembered.ts',
    find: 'return readFor === undefined || readFor === contactId;',
    replace: 'return readFor === undefined || contactId !== readFor || true;',
    tests: ['guard/windows/identities.test.ts'],
  },
];

/** What is written. */
const addresses: readonly Mutation[] = [
  {
    name: 'what is no phone number loses its dots and dashes',
    file: 'bird/send/address.ts',
    find: "return compact === '' ? undefined : text;",
    replace: "return compact === '' ? undefined : key === 'phonenumber' ? compact : text;",
    tests: ['bird/send/address.test.ts'],
  },
  {
    name: 'a fleet: an answer of before the count began anew is told',
    file: 'redis/fleet/read-lease-scripts.ts',
    find: 'if told > number then',
    replace: 'if false then',
    tests: ['redis/fleet/redis-fleet.test.ts'],
  },
  {
    name: 'a fleet: a budget that is lost alone begins with a burst',
    file: 'redis/fleet/read-budget-scripts.ts',
    find: 'for _, key in ipairs({KEYS[2], KEYS[3]}) do\n  local text',
    replace: 'for _, key in ipairs({KEYS[2]}) do\n  local text',
    tests: ['redis/fleet/read-budget.test.ts'],
  },
];

/** What waits for the customer. */
const held: readonly Mutation[] = [
  {
    name: 'a held message is the same as any other with its reference',
    file: 'stores/held-content.ts',
    find: 'return JSON.stringify([reference, conversationId, contact, message], sorted);',
    replace: 'return JSON.stringify([reference], sorted);',
    tests: ['stores/memory-held-store.test.ts', 'held/held-field.test.ts'],
  },
  {
    name: "what is held is the caller's own object",
    file: 'held/queue.ts',
    find: '[jsonCopy(send.message), jsonCopy(recipientOf(send))]',
    replace: '[send.message, jsonCopy(recipientOf(send))]',
    tests: ['held/held-field.test.ts'],
  },
  {
    name: 'a release that gives a message up counts as sent',
    file: 'held/outgoing.ts',
    find: "return result === 'rejected' ? 'rejected' : 'accepted';",
    replace: "return result === undefined ? 'accepted' : 'accepted';",
    tests: ['held/held-field.test.ts'],
  },
  {
    name: 'an opt-out word releases what waits',
    file: 'held/pauses.ts',
    find: 'const byDefault = !isOptOutWord(reply.text);',
    replace: "const byDefault = !isOptOutWord('');",
    tests: ['held/held-field.test.ts'],
  },
  {
    name: "one guard's end ends the work of another with the same policy",
    file: 'held/dispatcher.ts',
    find: 'const left = all.filter((attached) => attached.host !== host);',
    replace: 'const left: typeof all = [];',
    tests: ['held/held-field.test.ts'],
  },
];

/** Which requests are sends, and what becomes of them. */
const requests: readonly Mutation[] = [
  {
    name: 'a path is a send in its usual spelling alone',
    file: 'bird/send/send-path.ts',
    find: 'if (literal !== undefined ||',
    replace: 'if (true ||',
    tests: ['bird/send/send-request.test.ts'],
  },
  {
    name: 'a second spelling of the list of messages is not seen',
    file: 'bird/send/send-request.ts',
    find: 'items.length === 0 || isAmbiguous',
    replace: 'items.length === 0 || (false && isAmbiguous)',
    tests: ['bird/send/rival-keys.test.ts'],
  },
  {
    name: 'a send is looked for where the request came to, not where it goes now',
    file: 'bird/send/send-path.ts',
    find: 'const target = targetOfPath(now) ??',
    replace: 'const target = targetOfPath(originalUrl ?? now) ??',
    tests: ['bird/send/send-request.test.ts'],
  },
  {
    name: 'after a reroute the headers speak of the old body',
    file: 'http/middleware/apply-rewrite.ts',
    find: 'describeBody(req, JSON.stringify(body));',
    replace: '',
    tests: ['http/middleware/rewritten-body.test.ts'],
  },
  {
    name: 'after a reroute the raw bytes are the old ones',
    file: 'http/middleware/apply-rewrite.ts',
    find: "req.rawBody = typeof req.rawBody === 'string' ? json : Buffer.from(json);",
    replace: '',
    tests: ['http/middleware/rewritten-body.test.ts'],
  },
  {
    name: 'a guard that has decided nothing keeps the next one from it',
    file: 'http/middleware/freeform-guard.ts',
    find: 'if (decision.isDecided) this.#req[decided] = true;',
    replace: 'this.#req[decided] = true;',
    tests: ['http/middleware/mark.test.ts'],
  },
];

/** What the rule makes of it. */
const rule: readonly Mutation[] = [
  {
    name: '>= for >: a window is still open at its very end',
    file: 'core/freeform.ts',
    find: 'if (end !== undefined && at < end - marginMs) {',
    replace: 'if (end !== undefined && at <= end - marginMs) {',
    tests: ['core/freeform.test.ts'],
  },
  {
    name: 'the safety margin is dropped',
    file: 'guard/decide.ts',
    find: '{ policy, at: now(), marginMs: policy.safetyMarginMs });\n  if (decision',
    replace: '{ policy, at: now(), marginMs: 0 });\n  if (decision',
    tests: ['guard/hit.test.ts', 'guard/reads/faults.test.ts', ...badDays],
  },
  {
    name: 'a permanent session is not known',
    file: 'core/freeform.ts',
    find: "if (own(contact, 'isPermanentSession') === true) return allow('permanent_session', Number.POSITIVE_INFINITY);",
    replace: '',
    tests: ['core/freeform.test.ts'],
  },
  {
    name: 'what a human may still answer, automation may too',
    file: 'core/freeform.ts',
    find: 'isHuman ? humanAgentWindow(contact, window, at) : undefined',
    replace: 'humanAgentWindow(contact, window, at)',
    tests: ['core/freeform.test.ts'],
  },
  {
    name: 'a flag behind __proto__ is believed',
    file: 'core/own.ts',
    find: 'return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;',
    replace: 'return (value as Record<string, unknown>)[key];',
    tests: ['core/freeform.test.ts', 'core/freeform.property.test.ts'],
  },
  {
    name: 'a date without offset is read as if it were one',
    file: 'core/instant.ts',
    find: '(Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)$/i',
    replace: '(Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)?$/i',
    tests: ['core/instant.test.ts', 'guard/reads/reads.test.ts'],
  },
  {
    name: 'a message that is scheduled is judged as if it left now',
    file: 'guard/decide.ts',
    find: "const at = typeof sendAt === 'number' ? Math.max(sendAt, now) : now;",
    replace: 'const at = now;',
    tests: [
      'guard/reads/renewal.test.ts',
      'guard/windows/platform.test.ts',
      'guard/reads/reads.test.ts',
      'guard/windows/evidence-scenarios.test.ts',
    ],
  },
  {
    name: 'a template with a body beside it passes for a template',
    file: 'bird/send/message.ts',
    find: "&& !hasContent ? 'template'",
    replace: "? 'template'",
    tests: ['bird/send/message.test.ts', 'guard/hit.test.ts'],
  },
];

/** How reads are shared, and what may be made of one. */
const reads: readonly Mutation[] = [
  {
    name: 'plain single flight: whoever joins a read takes what it says',
    file: 'lookup/coalesced-reads.ts',
    find: '&& (place <= earlier.company.served || accepts(answer))) return answer;',
    replace: ') return answer;',
    tests: checker,
  },
  {
    name: 'no sharing: everybody reads for himself',
    file: 'lookup/coalesced-reads.ts',
    find: 'return this.#running.get(key)?.read ?? this.#start(key, start);',
    replace: 'return this.#start(key, start);',
    tests: checker,
  },
  {
    name: 'negative caching: an answer is kept and given to whoever comes later',
    file: 'lookup/coalesced-reads.ts',
    find: 'start(company).finally(() => this.#running.delete(key))',
    replace: 'start(company)',
    tests: checker,
  },
  {
    name: 'a read that fails also fails those who only waited behind it',
    file: 'lookup/coalesced-reads.ts',
    find: 'await earlier.read.catch(() => undefined)',
    replace: 'await earlier.read',
    tests: ['lookup/coalesced-reads.test.ts'],
  },
  {
    name: 'closed is remembered: memory denies without a read',
    file: 'guard/decide.ts',
    find: "return decision.verdict === 'unknown' ? unanswerable(question, decision) : undefined;",
    replace:
      "return decision.verdict === 'unknown' ? unanswerable(question, decision) : { decision, source: 'memory' };",
    tests: checker,
  },
  {
    name: 'what was told while a read ran does not count beside its answer',
    file: 'lookup/window-cache.ts',
    find: '...contactOf(known, now(), reader),',
    replace: '',
    tests: checker,
  },
  {
    name: 'an opening that was read is not kept',
    file: 'lookup/window-cache.ts',
    find: 'void this.#parts.store.merge(target.key, opening);',
    replace: '{}',
    tests: checker,
  },
  {
    name: 'a key without address: all of a channel share one window',
    file: 'bird/send/parsed-send.ts',
    find: "address: address ?? addressOfId(contactId ?? '') }",
    replace: "address: '' }",
    tests: ['guard/windows/address.test.ts', ...badDays],
  },
  {
    name: 'reads are shared between the channels of a customer',
    file: 'lookup/window-cache.ts',
    find: 'return [key.channelId, sentTo',
    replace: 'return [sentTo',
    tests: ['guard/reads/shared-reads.test.ts'],
  },
  {
    name: 'a channel that was paused once is denied from memory',
    file: 'guard/decide.ts',
    find: 'if (fresh !== undefined && isUsable(fresh)) return',
    replace: 'if (fresh !== undefined) return',
    tests: ['guard/hit.test.ts', ...badDays],
  },
  {
    name: 'a late deny: a read that came after the deadline still blocks',
    file: 'guard/engine.ts',
    find: "judgement.decision.verdict === 'deny' && this.#parts.clock.now() > deadlineAt",
    replace: 'false',
    tests: ['guard/windows/time.test.ts', ...badDays],
  },
  {
    name: 'the deadline is ignored',
    file: 'guard/engine.ts',
    find: 'withinDeadline(clock, policy.deadlineMs, this.#ask',
    replace: 'withinDeadline(clock, 10 * policy.deadlineMs, this.#ask',
    tests: ['guard/reads/faults.test.ts', ...badDays],
  },
  {
    name: 'a request that ignores its signal is waited for',
    file: 'bird/api/api-client.ts',
    find: 'await Promise.race([exchange(options, request, { signal: controller.signal, useKey }), timeout])',
    replace: 'await exchange(options, request, { signal: controller.signal, useKey })',
    tests: ['guard/reads/faults.test.ts', ...badDays],
  },
];

/** What Bird's answers mean. */
const answers: readonly Mutation[] = [
  {
    name: 'null is taken as unknown',
    file: 'bird/api/decode.ts',
    find: 'expiry === null ? null :',
    replace: 'expiry === null ? undefined :',
    tests: checker,
  },
  {
    name: 'a missing date is taken as closed',
    file: 'bird/api/decode.ts',
    find: "typeof expiry === 'string' ? toInstant(expiry) : undefined",
    replace: "typeof expiry === 'string' ? toInstant(expiry) : null",
    tests: ['guard/reads/reads.test.ts', ...badDays],
  },
  {
    name: 'a date that cannot be read is taken as closed',
    file: 'bird/api/decode.ts',
    find: "typeof expiry === 'string' ? toInstant(expiry) : undefined",
    replace: "typeof expiry === 'string' ? (toInstant(expiry) ?? null) : undefined",
    tests: ['guard/reads/reads.test.ts', ...badDays],
  },
  {
    name: 'a contact that is not found is taken as closed',
    file: 'lookup/window-cache.ts',
    find: 'if (!isMissing || !options.notFoundIsClosed) throw error;',
    replace: 'if (!isMissing && options.notFoundIsClosed) throw error;',
    tests: ['guard/reads/reads.test.ts', ...badDays],
  },
  {
    name: 'a redirect is followed, with the key',
    file: 'bird/api/api-client.ts',
    find: "redirect: 'manual'",
    replace: "redirect: 'follow'",
    tests: ['guard/reads/reads.test.ts'],
  },
  {
    name: 'an answer with an error status is read as any other',
    file: 'bird/api/bird-lookup.ts',
    find: 'return status >= 200 && status < 300;',
    replace: 'return status >= 200;',
    tests: ['guard/reads/reads.test.ts', ...badDays],
  },
];

/** Time. */
const clocks: readonly Mutation[] = [
  {
    name: 'the wall clock only: set back, it keeps windows open',
    file: 'clock.ts',
    find: 'return Math.round(passed + offsetMs);',
    replace: 'return clock.now();',
    tests: ['guard/windows/time.test.ts', ...badDays],
  },
  {
    name: 'the monotonic clock only: asleep, it keeps windows open',
    file: 'clock.ts',
    find: 'offsetMs += Math.max(0, gainedMs);',
    replace: '',
    tests: ['guard/windows/time.test.ts', ...badDays],
  },
  {
    name: "Bird's Date is not looked at",
    file: 'bird/api/bird-lookup.ts',
    find: 'if (isGood(answer)) options.onDate?.(datedHeaders(answer), { sentAt, answeredAt });',
    replace: '',
    tests: ['guard/windows/time.test.ts', ...badDays],
  },
];

/** How much Bird is asked. */
const load: readonly Mutation[] = [
  {
    name: 'reads start without asking the budget',
    file: 'lookup/reads/rate-limited.ts',
    find: 'await budget.take(giveUpAt, lane);',
    replace: '',
    tests: ['guard/reads/budget.test.ts', ...badDays],
  },
  {
    name: 'a bucket as large as the rate: 79 reads in a second',
    file: 'lookup/reads/read-budget.ts',
    find: 'this.#tokens = Math.min(burst, this.#tokens + seconds * this.#perSecond);',
    replace: 'this.#tokens = Math.min(perSecond, this.#tokens + seconds * this.#perSecond);',
    tests: ['lookup/reads/read-budget.test.ts', ...badDays],
  },
  {
    name: 'a clock that is set forward fills the bucket',
    file: 'lookup/reads/read-budget.ts',
    find: 'return clock.monotonic?.() ?? clock.now();',
    replace: 'return clock.now();',
    tests: ['lookup/reads/read-budget.test.ts', ...badDays],
  },
  {
    name: 'a 429 is not heeded',
    file: 'lookup/reads/rate-limited.ts',
    find: 'if (error instanceof LookupError && error.isThrottled) budget.pause(error.pauseMs);',
    replace: '',
    tests: ['guard/reads/faults.test.ts'],
  },
  {
    name: 'the breaker never opens',
    file: 'lookup/reads/circuit-breaker.ts',
    find: '>= FAILED_SHARE',
    replace: '> 2',
    tests: ['lookup/reads/circuit-breaker.test.ts', ...goodDays],
  },
  {
    name: 'the breaker never closes again',
    file: 'lookup/reads/circuit-breaker.ts',
    find: 'this.#probeAt = now + PROBE_MS;\n    return true;',
    replace: 'return false;',
    tests: ['lookup/reads/circuit-breaker.test.ts', ...goodDays],
  },
  {
    name: 'searches that work keep the breaker closed while reads fail',
    file: 'lookup/reads/circuit-breaking.ts',
    find: 'const breaker = isSearch ? searches : reads;',
    replace: 'const breaker = isSearch ? reads : reads;',
    tests: ['lookup/reads/circuit-breaking.test.ts', ...goodDays],
  },
  {
    name: 'retries without limit',
    file: 'lookup/reads/retrying.ts',
    find: 'if (allowance < 1) return false;',
    replace: '',
    tests: ['guard/reads/outage.test.ts'],
  },
  {
    name: 'a refused key is asked with again and again',
    file: 'lookup/reads/denied-key.ts',
    find: "if (error instanceof LookupError && error.code === 'access_denied') hold.hold(kind);",
    replace: '',
    tests: ['guard/reads/outage.test.ts'],
  },
];

/** What the policy makes of a decision. */
const outcomes: readonly Mutation[] = [
  {
    name: 'observe blocks',
    file: 'guard/outcome.ts',
    find: "mode === 'enforce' ? action : 'send'",
    replace: 'action',
    tests: ['guard/modes.test.ts'],
  },
  {
    name: 'what is not known is blocked, whatever the policy says',
    file: 'guard/outcome.ts',
    find: "if (answer === 'allow') return 'send';",
    replace: '',
    tests: ['guard/unknown.test.ts', 'guard/reads/reads.test.ts'],
  },
];

/** What becomes of a message that may not be sent as it is. */
const waysOut: readonly Mutation[] = [
  {
    name: 'what a policy gives is not asked about again',
    file: 'guard/reroute.ts',
    find: "if (decision.verdict !== 'allow') return 'not_permitted';",
    replace: '',
    tests: ['guard/reroute.property.test.ts'],
  },
  {
    name: 'what is held goes with whatever the customer does, into a closed window too',
    file: 'held/dispatcher.ts',
    find: "if (verdict === 'deny') {",
    replace: "if (verdict === ('never' as string)) {",
    tests: ['held/hold-until-reply.test.ts'],
  },
  {
    name: 'what was released is still held',
    file: 'held/dispatcher.ts',
    find: 'await store.remove(message);\n    return true;',
    replace: 'return true;',
    tests: ['held/hold-until-reply.test.ts'],
  },
  {
    name: 'a hold that came too late stays',
    file: 'guard/reroute.ts',
    find: '(isLate && result !== undefined ? settling(result, circumstances)(false) : undefined)',
    replace: 'undefined',
    tests: ['held/hold-until-reply.test.ts'],
  },
  {
    name: 'a nudge with each message that is held',
    file: 'held/outgoing.ts',
    find: 'if (!(await store.claimNudge(message))) return;',
    replace: '',
    tests: ['held/hold-until-reply.test.ts'],
  },
  {
    name: 'a request that is refused keeps what was held for one of its recipients',
    file: 'http/request/carry-out.ts',
    find: 'settling(carried)(false);',
    replace: '',
    tests: ['http/reroute.test.ts'],
  },
  {
    name: 'the text that is too long is cut off',
    file: 'core/reroute/template-variable.ts',
    find: '    return this.#lines;',
    replace: '    return this.#lines.slice(0, 1);',
    tests: ['guard/reroute.property.test.ts'],
  },
];

/** What processes share. */
const fleets: readonly Mutation[] = [
  {
    name: 'a fleet takes the answer of a read that was already running',
    file: 'redis/fleet/read-lease-scripts.ts',
    find: 'told > after',
    replace: 'told >= after',
    tests: ['redis/fleet/redis-fleet.test.ts', 'guard/reads/fleet.test.ts'],
  },
  {
    name: 'a fleet compares reads that two servers have counted',
    file: 'redis/fleet/redis-fleet.ts',
    find: "after !== undefined && after >= first ? after - first : ''",
    replace: "after === undefined ? '' : after % READS_PER_CONNECTION",
    tests: ['redis/fleet/redis-fleet.test.ts'],
  },
  {
    name: 'a fleet serves whoever joins, whenever the read started',
    file: 'lookup/reads/fleet-coalescing.ts',
    find: 'if (running < read) this',
    replace: 'this',
    tests: ['lookup/reads/fleet-coalescing.test.ts', 'simulation/fleet/fleet-days.test.ts'],
  },
  {
    name: 'a fleet believes answers that nobody has signed',
    file: 'redis/fleet/redis-fleet.ts',
    find: 'if (!this.#parts.names.isSignature(signature, id, number, told)) return undefined;',
    replace: '',
    tests: ['redis/fleet/redis-fleet.test.ts'],
  },
  {
    name: 'last write wins in Redis',
    file: 'redis/windows/scripts.ts',
    find: 'if new[name] and (record[name] == nil or new[name] > record[name]) then',
    replace: 'if new[name] then',
    tests: ['redis/windows/merge.test.ts'],
  },
  {
    name: 'a change that is told while its window is asked for is lost',
    file: 'redis/windows/tiered-store.ts',
    find: 'const isLatest = slot.changes === changes;',
    replace: 'const isLatest = true;',
    tests: ['redis/windows/tiered-store.test.ts'],
  },
  {
    name: 'what was missed while Redis was away is never asked for',
    file: 'redis/windows/tiered-store.ts',
    find: `onBack: () => {
        this.#epoch += 1;`,
    replace: 'onBack: () => {',
    tests: ['redis/windows/tiered-store.test.ts'],
  },
  {
    name: 'a remembered opening is trusted though another process is known to have changed it',
    file: 'redis/windows/tiered-store.ts',
    find: ': mergeEvidence(evidence, { doubtedAt: changedAt })',
    replace: ': evidence',
    tests: ['redis/windows/tiered-store.test.ts'],
  },
  {
    name: 'what was learnt while Redis was away is not told afterwards',
    file: 'redis/windows/tiered-store.ts',
    find: 'if (this.#slots.holds(slot)) this.#untold.set(slot, key);',
    replace: '',
    tests: ['redis/windows/tiered-store.test.ts'],
  },
  {
    name: 'held messages: whoever asks for the lock gets it',
    file: 'redis/held/scripts.ts',
    find: 'if owner and owner ~= ARGV[1] then return 0 end',
    replace: '',
    tests: ['redis/held/redis-held-store.test.ts'],
  },
  {
    name: 'held messages: the same reference waits twice',
    file: 'redis/held/scripts.ts',
    find: "if entry.r == content and entry.s ~= 'offered' then",
    replace: 'if false then',
    tests: ['redis/held/redis-held-store.test.ts'],
  },
  {
    name: 'held messages: another process releases what is not decided yet',
    file: 'redis/held/scripts.ts',
    find: "if entry.s == 'undecided' and entry.u > now and entry.w ~= ARGV[1] then break end",
    replace: '',
    tests: ['redis/held/redis-held-store.test.ts'],
  },
  {
    name: 'held messages: one that was put there unheard, and has taken another way out, stays',
    file: 'redis/held/redis-held-store.ts',
    find: 'this.#unheard.add(field, () => this.#settle(message, false));\n      throw error;',
    replace: 'throw error;',
    tests: ['redis/held/faults.test.ts'],
  },
  {
    name: 'a fleet: what another process has changed is not asked for again',
    file: 'redis/windows/tiered-store.ts',
    find: '    slot.epoch = -1;\n',
    replace: '',
    tests: ['simulation/fleet/fleet-days.test.ts'],
  },
  {
    name: 'a fleet: what a process learns takes the place of what it knew',
    file: 'redis/windows/local-windows.ts',
    find: 'slot.evidence = mergeEvidence(slot.evidence ?? noEvidence, evidence);',
    replace: 'slot.evidence = evidence;',
    tests: ['simulation/fleet/fleet-days.test.ts'],
  },
  {
    name: 'a fleet: whoever waits takes the answer of any read',
    file: 'lookup/reads/fleet-coalescing.ts',
    find: 'after ??= turn.running;',
    replace: 'after = -1;',
    tests: ['simulation/fleet/fleet-days.test.ts'],
  },
  {
    name: 'a fleet: a read serves those who will join later',
    file: 'lookup/reads/fleet-coalescing.ts',
    find: 'company?.serves(company.joined);',
    replace: 'company?.serves(Number.POSITIVE_INFINITY);',
    tests: ['simulation/fleet/fleet-days.test.ts'],
  },
  {
    name: 'a fleet: what is told while the store is asked for something else does not count',
    file: 'lookup/window-cache.ts',
    find: `const wroteAt = isOpen ? undefined : await this.#others.wroteAt(target, facts.contactId, { limits, now });
    // Last of all: what is told while the store is asked for something else counts as well.
    const known = (await this.#recallOwn(target)) ?? noEvidence;`,
    replace: `const known = (await this.#recallOwn(target)) ?? noEvidence;
    const wroteAt = isOpen ? undefined : await this.#others.wroteAt(target, facts.contactId, { limits, now });`,
    tests: ['lookup/window-cache.test.ts'],
  },
  {
    name: 'those who reach Redis take the whole limit, though one that does not takes its share',
    file: 'redis/fleet/read-budget-scripts.ts',
    find: 'math.min(count, instances)',
    replace: 'instances',
    tests: ['redis/fleet/read-budget.test.ts'],
  },
  {
    name: 'a process that is cut off takes its share while the others still count on it',
    file: 'redis/fleet/read-budget.ts',
    find: 'answer === undefined && !this.#membership.isHeld',
    replace: 'answer === undefined',
    tests: ['redis/fleet/read-budget.test.ts'],
  },
  {
    name: 'each process searches for contacts as if it were alone',
    file: 'guard/workspace.ts',
    find: 'fleet === undefined ? searchLimits : shareOf(searchLimits, fleet.instances)',
    replace: 'searchLimits',
    tests: ['guard/reads/fleet.test.ts'],
  },
  {
    name: 'what was promised is forgotten with Redis',
    file: 'redis/fleet/read-budget-scripts.ts',
    find: 'if not from then from = now + PROMISE',
    replace: 'if not from then from = now',
    tests: ['redis/fleet/read-budget.test.ts'],
  },
];

export const mutations: readonly Mutation[] = [
  ...evidence,
  ...identities,
  ...addresses,
  ...held,
  ...requests,
  ...rule,
  ...reads,
  ...answers,
  ...clocks,
  ...load,
  ...outcomes,
  ...waysOut,
  ...fleets,
];
