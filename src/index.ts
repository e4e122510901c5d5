/**
 * The guard, its Express middleware and its receiver for Bird's events.
 *
 * @module freeform-guard
 */

export type { ReceiverContact } from './bird/send/address.js';
export type { SendRequest } from './bird/send/send-request.js';
export { canSendFreeform, decideFreeform } from './core/freeform.js';
export { platforms } from './core/platforms.js';
export type {
  HeldNote,
  RerouteContext,
  ReroutedSend,
  ReroutePolicy,
  RerouteResult,
  SendToReroute,
} from './core/reroute/policy.js';
export { type ToChannelOptions, toChannel } from './core/reroute/to-channel.js';
export { toTemplate } from './core/reroute/to-template.js';
export type { MediaTemplate, ToTemplateOptions } from './core/reroute/to-template-options.js';
export type { WindowEvidence } from './core/service-window.js';
export type { StoreHealth } from './core/store-health.js';
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
} from './core/types.js';
export type { CheckOptions, CloseOptions } from './guard/deadline.js';
export { createGuard, type Guard } from './guard/guard.js';
export type {
  ForgetTarget,
  ObservedContact,
  ObservedInbound,
  ObservedOptOut,
  ObservedRefusal,
} from './guard/observations/observed.js';
export type { Outcome } from './guard/outcome.js';
export { isStillValid } from './guard/still-valid.js';
export type { WindowQuery, WindowQueryOptions, WindowStatus } from './guard/window-query.js';
export type { GuardOptions } from './guard/workspaces/options.js';
export type { IsOptedOut, OnClosed, OnUnknown, PolicyOptions } from './guard/workspaces/policy.js';
export type { WorkspaceOptions, WorkspaceSource } from './guard/workspaces/workspace-options.js';
export { type HoldPolicy, holdUntilReply } from './held/hold-until-reply.js';
export type { HoldUntilReplyOptions, Nudge, ReleasedMessage, ReplyEvent } from './held/options.js';
export {
  freeformGuard,
  type GuardedRequest,
  type Middleware,
  type NextFunction,
} from './http/middleware/freeform-guard.js';
export type { MiddlewareOptions } from './http/middleware/middleware-options.js';
export { blockedResponse, type HttpAnswer } from './http/request/answer.js';
export type { GuardedSends, RequestDecision } from './http/request/decide-request.js';
export { type GuardRequestInput, type GuardRequestOptions, guardRequest } from './http/request/guard-request.js';
export type { Problem, RecipientVerdict } from './http/request/problem.js';
export type { ResolvedSends } from './http/request/sends-of.js';
export { windowHeader } from './http/request/window-header.js';
export type { WindowAnswer } from './http/status/answers.js';
export type { WindowStatusOptions } from './http/status/options.js';
export { type WindowStatusHandler, windowStatus } from './http/status/window-status.js';
export type { BirdEvent, OptOutEvent, WebhookReceiverOptions } from './http/webhook/options.js';
export { type WebhookReceiver, webhookReceiver } from './http/webhook/webhook-receiver.js';
export type { Clock, Logger, Store, WindowKey } from './ports.js';
export type { HeldMessage, HeldStore } from './stores/held-store.js';
export { memoryHeldStore } from './stores/memory-held-store.js';
export { type MemoryStoreOptions, memoryStore } from './stores/memory-store.js';
export type { DecisionEvent, OutcomeAction } from './telemetry/decision-event.js';
export type { DecisionCounts } from './telemetry/decisions.js';
export type { BirdHealth, GuardHealth, LookupFailure, WorkspaceHealth } from './telemetry/health.js';
export type { OnDecision } from './telemetry/listeners.js';
export { type DecisionLog, decisionLog } from './telemetry/log/decision-log.js';
export type { ReportedError } from './telemetry/reported-error.js';
export type { GuardStats } from './telemetry/statistics.js';
