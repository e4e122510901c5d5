import { toInstant } from '../core/instant.js';
import { own } from '../core/own.js';

export type MessageKind = 'template' | 'freeform' | 'unclassified';

/** Content of a create-message body beside `template`; the kinds of body stand here for callers that leave `body` out. */
const contentKeys: ReadonlySet<string> = new Set([
  'body',
  'text',
  'html',
  'image',
  'file',
  'gif',
  'location',
  'carousel',
  'list',
  'section',
  'authentication',
  'action',
]);

/**
 * What a create-message body is for the window. A template is an own `template` that names one and no content beside
 * it, under any letter case: Bird's decoder does not mind the case, so `Body` is a body. Everything else is free-form,
 * but for what is no message at all, such as a body that nobody parsed.
 */
export function classifyMessage(message: unknown): MessageKind {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return 'unclassified';
  const keys = Object.keys(message);
  const names = keys.map((key) => key.toLowerCase());
  const isContent = (name: string): boolean => contentKeys.has(name);
  if (!names.some((name) => name === 'template' || name === 'receiver' || isContent(name))) return 'unclassified';

  const template = own(message, 'template');
  const namesTemplate = isText(own(template, 'projectId')) || isText(own(template, 'name'));
  const isOnlyTemplate = keys.every((key, index) => {
    const name = names[index] ?? '';
    const isRival = isContent(name) || (name === 'template' && key !== 'template');
    return !isRival || own(message, key) === null || own(message, key) === undefined;
  });
  return namesTemplate && isOnlyTemplate ? 'template' : 'freeform';
}

/**
 * When a message will be sent: `undefined` for at once, and `unreadable` where `scheduledFor` is there and is no
 * instant.
 */
export function scheduledInstant(message: unknown): number | 'unreadable' | undefined {
  const scheduledFor = own(message, 'scheduledFor') ?? undefined;
  return scheduledFor === undefined ? undefined : (toInstant(scheduledFor) ?? 'unreadable');
}

/** Whether the caller says that a human writes; Bird then adds Meta's HUMAN_AGENT tag by itself. */
export function isFromHuman(message: unknown): boolean {
  const useCase = own(own(own(message, 'meta'), 'extraInformation'), 'useCase');
  return useCase === 'conversation' || useCase === 'transactional';
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
