import { randomUUID } from 'node:crypto';
import { checkTemplateOptions, type TemplateOptions } from './template-options.js';
import { variablesIn } from './template-text.js';

/** One version of a template, as `addTemplate` returns it. */
export interface SandboxTemplate {
  /** The template's id, a UUID that all its versions share. */
  readonly projectId: string;
  /** The name of this version; `latest` in a send means the one that was added last. */
  readonly version: string;
  /** The texts by BCP 47 locale. */
  readonly locales: Readonly<Record<string, string>>;
  /** The variables that take text. */
  readonly variables: readonly string[];
  /** The variables that take a media URL. */
  readonly media: readonly string[];
  /** `active`, or `pending`: Meta has not approved it, and nothing can be sent with it. */
  readonly status: 'active' | 'pending';
}

/** A template, and what Bird does not show of it. */
export interface KnownTemplate {
  readonly template: SandboxTemplate;
  /** In Unicode code points. */
  readonly maxVariableLength: number;
}

/** Creates a template. Throws a `TypeError` or `RangeError` that names the wrong option. */
export function createTemplate(options: TemplateOptions): KnownTemplate {
  checkTemplateOptions(options);
  const { projectId = randomUUID(), version = randomUUID(), status = 'active', maxVariableLength = 1024 } = options;
  const locales = { ...options.locales };
  const media = [...(options.media ?? [])];
  const named = [...new Set(Object.values(locales).flatMap(variablesIn))];
  const variables = (options.variables ?? named).filter((name) => !media.includes(name));
  checkNamed({ named, variables, media });
  return { template: { projectId, version, locales, variables, media, status }, maxVariableLength };
}

type Names = Readonly<Record<'named' | 'variables' | 'media', readonly string[]>>;

function checkNamed({ named, variables, media }: Names): void {
  for (const name of named) {
    if (media.includes(name))
      throw new RangeError(`addTemplate.media must not contain ${name}, which occurs in a text`);
    if (!variables.includes(name))
      throw new RangeError(`addTemplate.variables must contain ${name}, which occurs in a text`);
  }
}
