/** Why nothing comes of a template send. */
export interface TemplateRefusal {
  /** Bird's own template service, or Meta: the `failure.source.name`. */
  readonly refusedBy: 'touchpoint' | 'whatsapp';
  /** The `failure.source.code`. */
  readonly code: string;
  readonly description: string;
}

/**
 * Who refuses what. Bird documents neither that nor its codes: this scheme is ours. Touchpoints refuse what the template
 * itself tells, on every platform; Meta refuses what only it demands, on WhatsApp. In both cases the code is the one of
 * Meta's that fits best. Not seen in a payload; integrators of Meta's own API also report 132018 for newlines and spaces.
 */
const kinds = {
  /** No such project, version or locale, or not approved: Meta has one code for all of these. */
  unknownTemplate: { refusedBy: 'touchpoint', code: '132001' },
  /** A variable is missing, or one too many. */
  parameterCount: { refusedBy: 'touchpoint', code: '132000' },
  /** A list where a text belongs, or no URL where one does. */
  parameterKind: { refusedBy: 'touchpoint', code: '132012' },
  /** Blank, or with a newline, a tab or more than four spaces in a row. */
  parameterFormat: { refusedBy: 'whatsapp', code: '132012' },
  textTooLong: { refusedBy: 'whatsapp', code: '132005' },
} as const;

/** A refusal of this kind; the description names variables, but none of their values. */
export function refusal(kind: keyof typeof kinds, description: string): TemplateRefusal {
  return { ...kinds[kind], description };
}
