import { toInstant } from '../../core/instant.js';
import { isObject } from '../../core/option-checks.js';
import { own } from '../../core/own.js';
import { collect, type Finding, type Problems } from '../model/problems.js';

const DAY = 86_400_000;

/** Bird rejects messages scheduled farther ahead than this, in ms. */
const MAX_SCHEDULE_MS = 35 * DAY;

const messageKeys: readonly string[] = [
  ...['sender', 'receiver', 'reference', 'template', 'meta', 'replyTo', 'body', 'notification', 'capFrequency'],
  ...[
    'enableLinkTracking',
    'ignoreQuietHours',
    'ignoreGlobalHoldout',
    'tags',
    'shortLinks',
    'scheduledFor',
    'validity',
  ],
];

const contactKeys: readonly string[] = [
  ...['id', 'identifierKey', 'identifierValue', 'type', 'identifiers', 'platformAddress', 'platformAddressSelector'],
];

const templateKeys: readonly string[] = [
  ...[
    'name',
    'projectId',
    'version',
    'locale',
    'attachments',
    'shortLinks',
    'variables',
    'utmParameters',
    'parameters',
  ],
  ...['settings'],
];

/** `template` and `action` are in Bird's list of types too, but no such body passes Bird's own schema. */
const bodyTypes: readonly string[] = [
  ...['text', 'html', 'image', 'file', 'gif', 'location', 'carousel', 'list', 'section', 'authentication'],
];

/**
 * Checks a create-message body by Bird's schema: its keys, its receivers' keys, the type of its content and its
 * schedule. What bodies and templates contain is not checked.
 */
export function messageProblems(message: unknown, now: number): Problems {
  if (!isObject(message)) return { message: ['must be an object'] };
  return collect([
    ['', unknownKeys(message, messageKeys)],
    ['receiver', receiverProblem(own(message, 'receiver'))],
    ...contentProblems(message),
    ['scheduledFor', scheduleProblem(own(message, 'scheduledFor'), now)],
  ]);
}

/** Checks only the content: a body or a template must be present, although Bird lets either be null. */
export function contentProblems(message: unknown): readonly Finding[] {
  const body = own(message, 'body');
  const template = own(message, 'template');
  if (body === undefined && template === undefined) return [['body', 'a body or a template is required']];
  return [
    ['body', bodyProblem(body)],
    ['template', templateProblem(template)],
  ];
}

function receiverProblem(receiver: unknown): string | undefined {
  if (!isObject(receiver)) return 'is required and must be an object';
  const contacts = own(receiver, 'contacts') ?? [];
  if (!Array.isArray(contacts) || !contacts.every(isObject)) return 'contacts must be an array of objects';
  const perContact = contacts.map((contact) => unknownKeys(contact, contactKeys));
  return unknownKeys(receiver, ['contacts']) ?? perContact.find((problem) => problem !== undefined);
}

function bodyProblem(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  const type = own(body, 'type');
  return typeof type === 'string' && bodyTypes.includes(type)
    ? undefined
    : `type must be one of ${bodyTypes.join(', ')}`;
}

function templateProblem(template: unknown): string | undefined {
  if (template === undefined || template === null) return undefined;
  return isObject(template) ? unknownKeys(template, templateKeys) : 'must be an object';
}

function scheduleProblem(scheduledFor: unknown, now: number): string | undefined {
  if (scheduledFor === undefined) return undefined;
  const at = typeof scheduledFor === 'string' ? toInstant(scheduledFor) : undefined;
  if (at === undefined) return 'must be an RFC 3339 timestamp';
  return at > now + MAX_SCHEDULE_MS ? 'must be within 35 days' : undefined;
}

function unknownKeys(value: object, known: readonly string[]): string | undefined {
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  return unknown.length === 0 ? undefined : `unknown properties: ${unknown.join(', ')}`;
}
