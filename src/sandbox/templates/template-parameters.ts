import { own } from '../../core/own.js';
import type { KnownTemplate } from './template.js';
import { refusal, type TemplateRefusal } from './template-refusal.js';

/** A send's parameters by key, as in its JSON. */
export type Parameters = ReadonlyMap<string, unknown>;

/**
 * The parameters of a message's `template`: its `variables`, then its list `parameters`; a later one wins. Bird accepts
 * a parameter without a value, which counts as missing.
 */
export function parametersOf(sent: unknown): Parameters {
  const variables = own(sent, 'variables');
  const list = own(sent, 'parameters');
  const fromMap = typeof variables === 'object' ? Object.entries(variables ?? {}) : [];
  const fromList = (Array.isArray(list) ? list : []).map(
    (entry) => [String(own(entry, 'key')), own(entry, 'value')] as const,
  );
  return new Map([...fromMap, ...fromList].filter(([, value]) => value !== undefined));
}

/** The text of each parameter; lists and objects have none. */
export function textsOf(parameters: Parameters): ReadonlyMap<string, string> {
  const scalars = ['string', 'number', 'boolean'];
  const readable = [...parameters].filter(([, value]) => scalars.includes(typeof value));
  return new Map(readable.map(([key, value]) => [key, String(value)]));
}

/** Why Bird's template service refuses parameters, on any platform. */
export function parameterProblem(known: KnownTemplate, parameters: Parameters): TemplateRefusal | undefined {
  const { variables, media } = known.template;
  const texts = textsOf(parameters);
  const wanted = [...variables, ...media];
  const missing = wanted.find((name) => !parameters.has(name));
  if (missing !== undefined) return refusal('parameterCount', `The variable ${missing} is missing`);
  const extra = [...parameters.keys()].find((name) => !wanted.includes(name));
  if (extra !== undefined) return refusal('parameterCount', `The template has no variable ${extra}`);
  const unreadable = variables.find((name) => !texts.has(name));
  if (unreadable !== undefined) return refusal('parameterKind', `The variable ${unreadable} is not a text`);
  const unreachable = media.find((name) => !isWebAddress(parameters.get(name)));
  if (unreachable !== undefined) return refusal('parameterKind', `The variable ${unreachable} is not an http(s) URL`);
  return undefined;
}

/** Why Meta refuses texts that the template service accepts. */
export function formatProblem(known: KnownTemplate, parameters: Parameters): TemplateRefusal | undefined {
  const { template, maxVariableLength } = known;
  const texts = [...textsOf(parameters)].filter(([name]) => template.variables.includes(name));
  const [misformed] = texts.find(([, text]) => text.trim() === '' || /[\r\n\t]| {5}/.test(text)) ?? [];
  if (misformed !== undefined) {
    const rule = 'must not be blank, nor have newlines, tabs or more than four spaces in a row';
    return refusal('parameterFormat', `The variable ${misformed} ${rule}`);
  }
  const [tooLong] = texts.find(([, text]) => [...text].length > maxVariableLength) ?? [];
  if (tooLong === undefined) return undefined;
  return refusal('textTooLong', `The variable ${tooLong} is longer than ${maxVariableLength} characters`);
}

/** `URL` alone would also accept surrounding spaces, and `https:` without slashes. */
function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\/\S+$/i.test(value) && URL.canParse(value);
}
