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
