import type { Guard, WebhookReceiver } from 'freeform-guard';

/** What each host is given: the guard, the receiver of Bird's events, and the function that sends to Bird. */
export interface Service {
  readonly guard: Guard;
  readonly receiver: WebhookReceiver;
  sendToBird(send: { readonly channelId: string; readonly message: unknown }): Promise<unknown>;
}
