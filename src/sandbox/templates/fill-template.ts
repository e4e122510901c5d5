import { own } from '../../core/own.js';
import { platformOf } from '../../core/platforms.js';
import { type MessageContent, mediaUrlsIn } from '../model/message-content.js';
import type { KnownTemplate } from './template.js';
import type { TemplateBook } from './template-book.js';
import { formatProblem, parameterProblem, parametersOf, textsOf } from './template-parameters.js';
import { refusal, type TemplateRefusal } from './template-refusal.js';
import { fillIn } from './template-text.js';

/** A message's `template`, and the templates and platform that decide about it. */
export interface TemplateSend {
  readonly sent: unknown;
  readonly templates: TemplateBook;
  readonly platformId: string;
}

/**
 * The content that the customer gets from a template, or why it is refused. With an empty book every template passes,
 * and the text is that of all parameters, joined by spaces.
 */
export function fillTemplate({ sent, templates, platformId }: TemplateSend): MessageContent | TemplateRefusal {
  const parameters = parametersOf(sent);
  const texts = textsOf(parameters);
  const attached = mediaUrlsIn({ attachments: own(sent, 'attachments') });
  if (templates.isEmpty()) return { kind: 'template', text: [...texts.values()].join(' '), media: attached };
  const found = findText(templates, sent);
  if ('refusedBy' in found) return found;
  const isForMeta = platformOf(platformId) === 'whatsapp';
  const problem =
    parameterProblem(found.known, parameters) ?? (isForMeta ? formatProblem(found.known, parameters) : undefined);
  if (problem !== undefined) return problem;
  const media = found.known.template.media.map((name) => texts.get(name) ?? '');
  return { kind: 'template', text: fillIn(found.text, texts), media: [...media, ...attached] };
}

interface FoundText {
  readonly known: KnownTemplate;
  readonly text: string;
}

/** Bird's schema requires neither project, version nor locale; here a missing one counts as unknown. */
function findText(templates: TemplateBook, sent: unknown): FoundText | TemplateRefusal {
  const versions = templates.versionsOf(own(sent, 'projectId'));
  if (versions.length === 0) return refusal('unknownTemplate', 'There is no such template');
  const version = own(sent, 'version');
  const known = version === 'latest' ? versions.at(-1) : versions.find(({ template }) => template.version === version);
  if (known === undefined) return refusal('unknownTemplate', 'The template has no such version');
  if (known.template.status === 'pending') return refusal('unknownTemplate', 'The template is not approved yet');
  const text = own(known.template.locales, String(own(sent, 'locale')));
  return typeof text === 'string' ? { known, text } : refusal('unknownTemplate', 'The template has no such locale');
}
