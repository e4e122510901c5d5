/** Why a template send fails. */
export interface TemplateRefusal {
  /** Bird's own template service, or Meta: the `failure.source.name`. */
  readonly refusedBy: 'touchpoint' | 'whatsapp';
  /** The `failure.source.code`. */
  readonly code: string;
  readonly description: string;
}

/**
 * Who refuses what. Bird documents neither this nor its codes, so the scheme is ours. Touchpoints refuse what
 * contradicts the template, on every platform; Meta refuses what only Meta requires, on WhatsApp. In both cases the
 * code is Meta's closest one. Not seen in a payload; users of Meta's own API also report 132018 for newlines and
 * spaces.
 */
const kinds = {
  /** An unknown project, version or locale, or an unapproved one: Meta has one code for all of them. */
  unknownTemplate: { refusedBy: 'touchpoint', code: '132001' },
  /** A missing or an extra variable. */
  parameterCount: { refusedBy: 'touchpoint', code: '132000' },
  /** A value that is not a text, or not a URL for media. */
  parameterKind: { refusedBy: 'touchpoint', code: '132012' },
  /** A blank text, or one with a newline, a tab or more than four spaces in a row. */
  parameterFormat: { refusedBy: 'whatsapp', code: '132012' },
  textTooLong: { refusedBy: 'whatsapp', code: '132005' },
} as const;

/** A refusal of this kind. The description names variables, but no values. */
export function refusal(kind: keyof typeof kinds, description: string): TemplateRefusal {
  return { ...kinds[kind], description };
}
