import { isObject, typeName } from '../../core/option-checks.js';
import { isSet, own } from '../../core/own.js';
import type { SentMessage } from '../../core/sent-messages.js';
import { mergeEvidence, noEvidence, type WindowEvidence } from '../../core/service-window.js';

const fields = Object.keys(noEvidence) as (keyof WindowEvidence)[];

/**
 * Reads what a store gave for a window, with every field as its own: what a store leaves out must not come from a
 * prototype. `null` means absent, as databases have it.
 *
 * @throws {TypeError} naming the field that is of another kind than the guard has stored
 */
export function readEvidence(given: unknown): WindowEvidence | undefined {
  if (!isSet(given)) return undefined;
  if (!isObject(given)) throw new TypeError(`the store gave ${typeName(given)} in place of evidence`);
  const read: Record<string, unknown> = {};
  for (const field of fields) {
    const value = own(given, field) ?? undefined;
    if (value === undefined) continue;
    if (!isOfKind(field, value)) throw new TypeError(`the store gave ${typeName(value)} for ${field}, which it is not`);
    read[field] = value;
  }
  return mergeEvidence(read, noEvidence);
}

function isOfKind(field: keyof WindowEvidence, value: unknown): boolean {
  if (field === 'readFor') return typeof value === 'string';
  return field === 'sent' ? Array.isArray(value) && value.every(isSentMessage) : Number.isFinite(value);
}

function isSentMessage(value: unknown): value is SentMessage {
  return typeof own(value, 'id') === 'string' && Number.isFinite(own(value, 'at'));
}
