import { own } from '../../core/own.js';

/** The content of a message as the customer sees it. */
export interface MessageContent {
  /** `template`, or the type of the body. */
  readonly kind: string;
  /** The text; for an image or a file its caption. May be empty. */
  readonly text: string;
  readonly media: readonly string[];
}

/** The content of a body that has passed Bird's schema. */
export function bodyContent(body: unknown): MessageContent {
  const kind = String(own(body, 'type'));
  const inside = own(body, kind);
  // An html body may also have a plain text.
  const text = own(inside, 'text') ?? own(inside, 'html');
  return { kind, text: typeof text === 'string' ? text : '', media: mediaUrlsIn(inside) };
}

/** The `mediaUrl`s of an object and of the entries of its lists: a body's images, files, items or attachments. */
export function mediaUrlsIn(holder: unknown): readonly string[] {
  const lists = Object.values(Object(holder)).filter(Array.isArray);
  const urls = [holder, ...lists.flat()].map((part) => own(part, 'mediaUrl'));
  return urls.filter((url): url is string => typeof url === 'string');
}
