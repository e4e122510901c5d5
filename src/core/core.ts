/**
 * The rules alone, without I/O: the same functions as in `freeform-guard`, small enough for a browser.
 *
 * @module freeform-guard/core
 */

export { canSendFreeform, decideFreeform } from './freeform.js';
export { platforms } from './platforms.js';
export type {
  AllowDecision,
  AllowReason,
  ChannelInput,
  ContactInput,
  Decision,
  DenyDecision,
  DenyReason,
  FreeformOptions,
  Instant,
  PlatformRow,
  ServiceWindow,
  UnknownDecision,
  UnknownReason,
  Verdict,
} from './types.js';
