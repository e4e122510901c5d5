import type { SendRequest } from 'freeform-guard';

/** Which number has which name: a customer's workspace, channel, contact and address, and back. */
export class Directory {
  readonly workspaces: readonly string[];
  readonly channelsPerWorkspace: number;
  readonly #channelIds: readonly string[];
  readonly #contactIds: string[] = [];

  readonly #hasAllForms: boolean;
  readonly #hasHumans: boolean;

  /**
   * @param hasAllForms whether sends name their contact in every way that Bird takes, or by the address alone
   * @param hasHumans whether some channels are Messenger's, where some of the sends are a human's
   */
  constructor(workspaces: number, channelsPerWorkspace: number, hasAllForms: boolean, hasHumans = false) {
    this.#hasHumans = hasHumans;
    this.#hasAllForms = hasAllForms;
    this.workspaces = Array.from({ length: workspaces }, (_, index) => uuid(0xa, index));
    this.channelsPerWorkspace = channelsPerWorkspace;
    this.#channelIds = Array.from({ length: workspaces * channelsPerWorkspace }, (_, index) => uuid(0xc, index));
  }

  workspaceOf(customer: number): number {
    return customer % this.workspaces.length;
  }

  workspaceId(customer: number): string {
    return this.workspaces[this.workspaceOf(customer)] ?? '';
  }

  channelOf(customer: number): number {
    return customer % (this.workspaces.length * this.channelsPerWorkspace);
  }

  channelId(customer: number): string {
    return this.#channelIds[this.channelOf(customer)] ?? '';
  }

  /** The customers of a channel, among the first `among`. */
  *customersOn(channel: number, among: number): Generator<number> {
    for (let customer = channel; customer < among; customer += this.#channels) yield customer;
  }

  /** The number of a channel, over all workspaces. */
  channelAt(channelId: string): number {
    return Number.parseInt(channelId.slice(-12), 16);
  }

  /** In eight neighbours there are two that are one person with two numbers, and so two windows. */
  contactId(customer: number): string {
    this.#contactIds[customer] ??= uuid(0xd, this.#firstNumber(customer));
    return this.#contactIds[customer];
  }

  #firstNumber(customer: number): number {
    return this.#place(customer) === 1 ? customer - this.#channels : customer;
  }

  /** Among the eight neighbours on a channel. */
  #place(customer: number): number {
    return Math.floor(customer / this.#channels) % 8;
  }

  get #channels(): number {
    return this.workspaces.length * this.channelsPerWorkspace;
  }

  address(customer: number): string {
    return `+${31_600_000_000 + customer}`;
  }

  customerAt(address: string): number {
    return Number(address.slice(1)) - 31_600_000_000;
  }

  /** The first number of the person with this contact id. */
  customerOf(contactId: string): number {
    return Number.parseInt(contactId.slice(-12), 16);
  }

  /** Whose window a read is about. */
  customerOfContact({
    contactId,
    address,
  }: {
    readonly contactId: string;
    readonly address?: string | undefined;
  }): number {
    return address === undefined ? this.customerOf(contactId) : this.customerAt(address);
  }

  /** By the number of a channel. */
  isMessenger(channel: number): boolean {
    return this.#hasHumans && channel % 4 === 3;
  }

  /** Whether it is a human who writes to a customer. */
  isHuman(customer: number): boolean {
    return this.isMessenger(this.channelOf(customer)) && Math.floor(customer / this.#channels) % 3 === 1;
  }

  /** Whether messages to a customer name the contact's id alone. */
  isSentById(customer: number): boolean {
    return this.#hasAllForms && customer % 13 === 3 && this.#place(customer) > 1;
  }

  /**
   * A free-form message: most are addressed by the phone number, some by the contact's id, some by both. Never by the id
   * alone where that has two numbers: the guard could not know which of them a refusal was about.
   */
  send(customer: number): SendRequest {
    const workspaceId = this.workspaceId(customer);
    const channelId = this.channelId(customer);
    const form = this.#hasAllForms ? customer % 13 : 0;
    const sender = this.isHuman(customer) ? 'human' : undefined;
    if (this.isSentById(customer)) {
      return { workspaceId, channelId, sender, contact: { id: this.contactId(customer) } };
    }
    const contact = { identifierKey: 'phonenumber', identifierValue: this.address(customer) };
    if (form !== 5) return { workspaceId, channelId, sender, contact };
    return { workspaceId, channelId, sender, contact: { ...contact, id: this.contactId(customer).toUpperCase() } };
  }
}

function uuid(kind: number, index: number): string {
  return `0000000${kind.toString(16)}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}
