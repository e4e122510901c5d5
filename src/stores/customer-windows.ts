import { isAddressOfId } from '../core/contact-address.js';
import { latest, mergeEvidence, noEvidence, type WindowEvidence } from '../core/service-window.js';
import type { ChannelRef, Links, Store, WindowKey } from '../ports.js';
import type { WindowMap } from './window-map.js';

/**
 * What is kept of a window. Of most customers only their last message is known: as a number it takes 16 bytes, as
 * evidence with all fields 128.
 */
export type Kept = number | WindowEvidence;

export interface CustomerWindowsParts {
  readonly windows: WindowMap<Kept>;
  /**
   * Evidence under a customer's id that opens no window, such as a refusal. It takes no room from other customers.
   */
  readonly closedIds: WindowMap<WindowEvidence>;
  /** The addresses of ids that are in no pair. */
  readonly unpaired: WindowMap<string>;
  /**
   * The opt-outs once more, which no other customer's messages evict, and which a channel's or a workspace's end leaves:
   * Bird, which would be asked again, does not know them.
   */
  readonly optOuts: WindowMap<WindowEvidence>;
}

/**
 * The windows of customers, each of whom has an address, an id, or both. An id and an address that are linked with
 * each other alone are a pair: one window is kept for the two, and the id knows that the contact wrote when the address
 * did. With a window and a link for each name, a million customers took 2.5 times as much.
 */
export class CustomerWindows implements Store {
  readonly links: Links = {
    note: (ref, idName, address) => this.#note(ref, idName, address),
    other: (key) => this.#otherName(key),
    drop: (key) => this.#dropLink(key),
    forget: (target) => this.forget(target),
  };
  readonly #parts: CustomerWindowsParts;

  constructor(parts: CustomerWindowsParts) {
    this.#parts = parts;
  }

  readonly get = (key: WindowKey): WindowEvidence | undefined => {
    const { windows, closedIds, optOuts } = this.#parts;
    const found = windows.find(key);
    if (found?.name === key.address && found.value !== undefined) {
      return typeof found.value === 'number' ? { ...noEvidence, lastInboundAt: found.value } : found.value;
    }
    if (!isAddressOfId(key.address)) return optOuts.get(key);
    const own = closedIds.get(key) ?? optOuts.get(key);
    const wroteAt = wroteAtOf(found?.value);
    return wroteAt === undefined ? own : withMessage(own, wroteAt);
  };

  readonly merge = (key: WindowKey, evidence: WindowEvidence): void => {
    const { windows, closedIds } = this.#parts;
    const isId = isAddressOfId(key.address);
    if (isId && saysOnlyThatContactWrote(evidence, wroteAtOf(this.#pairOf(key)?.value))) return;
    const merged = mergeEvidence(this.get(key) ?? noEvidence, evidence);
    const { optedOutAt, optedInAt } = merged;
    if ((optedOutAt ?? optedInAt) !== undefined) this.#parts.optOuts.set(key, { ...noEvidence, optedOutAt, optedInAt });
    if (isId && !isOpening(merged)) return closedIds.set(key, merged);
    if (isId) {
      this.#unpair(key);
      closedIds.forget(key);
    }
    windows.set(key, isLastMessageAlone(merged) ? merged.lastInboundAt : merged);
  };

  readonly forget = (target: Parameters<Store['forget']>[0]): void => {
    const { windows, closedIds, unpaired } = this.#parts;
    for (const map of [windows, closedIds, unpaired]) map.forget(target);
    if (target.channelId !== undefined && target.address !== undefined) this.#parts.optOuts.forget(target);
  };

  #otherName(key: WindowKey): string | undefined {
    if (!isAddressOfId(key.address)) return this.#parts.windows.find(key)?.linked;
    return this.#pairOf(key)?.name ?? this.#parts.unpaired.get(key);
  }

  /** The window of the address with which an id makes a pair. */
  #pairOf(key: WindowKey): ReturnType<WindowMap<Kept>['find']> {
    const found = this.#parts.windows.find(key);
    return found === undefined || found.name === key.address ? undefined : found;
  }

  #note(ref: ChannelRef, idName: string, address: string): void {
    const { windows, unpaired } = this.#parts;
    const [key, idKey] = [
      { ...ref, address },
      { ...ref, address: idName },
    ];
    const found = windows.find(idKey);
    if (found?.name === address) return;
    const [itsAddress, itsId] = [this.#otherName(idKey), this.#otherName(key)];
    if (found === undefined && itsAddress === undefined && itsId === undefined) return windows.pair(key, idName);
    this.#unpair(idKey);
    if (itsId !== undefined) this.#unpair({ ...ref, address: itsId });
    unpaired.set(idKey, orSeveral(itsAddress, address));
    windows.add(key).linked = orSeveral(itsId, idName);
  }

  #dropLink(key: WindowKey): void {
    const { windows, unpaired } = this.#parts;
    if (isAddressOfId(key.address)) {
      this.#unpair(key);
      return unpaired.forget(key);
    }
    const entry = windows.find(key);
    if (entry?.linked === undefined) return;
    this.#unpair({ ...key, address: entry.linked });
    entry.linked = undefined;
  }

  /** From now on the id has for itself what it has known through the pair. */
  #unpair(idKey: WindowKey): void {
    const { windows, closedIds, unpaired } = this.#parts;
    const pair = this.#pairOf(idKey);
    if (pair === undefined) return;
    const known = this.get(idKey);
    windows.forget(idKey);
    unpaired.set(idKey, pair.name);
    if (known !== undefined) closedIds.set(idKey, known);
  }
}

function orSeveral(known: string | undefined, name: string): string {
  return known === undefined || known === name ? name : 'several';
}

function wroteAtOf(kept: Kept | undefined): number | undefined {
  return typeof kept === 'object' ? latest(kept.lastInboundAt, kept.contactWroteAt) : kept;
}

function withMessage(known: WindowEvidence = noEvidence, wroteAt: number): WindowEvidence {
  return { ...known, contactWroteAt: latest(known.contactWroteAt, wroteAt) };
}

function saysOnlyThatContactWrote(evidence: WindowEvidence, wroteAt: number | undefined): boolean {
  if (wroteAt === undefined) return false;
  const isKnown = ([field, value]: [string, unknown]): boolean =>
    value === undefined || (field === 'contactWroteAt' && (value as number) <= wroteAt);
  return Object.entries(evidence).every(isKnown);
}

function isLastMessageAlone(merged: WindowEvidence): merged is { readonly lastInboundAt: number } {
  return (
    merged.lastInboundAt !== undefined && Object.values(merged).filter((value) => value !== undefined).length === 1
  );
}

function isOpening({ expiresAt, farUntil, lastInboundAt, permanentUntil }: WindowEvidence): boolean {
  return (expiresAt ?? farUntil ?? lastInboundAt ?? permanentUntil) !== undefined;
}
