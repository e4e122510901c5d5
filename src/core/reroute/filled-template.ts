export interface TemplateName {
  readonly projectId: string;
  /** Default `latest`. */
  readonly version?: string | undefined;
  readonly locale: string;
}

/** A template with its variables, as the `template` of Bird's create-message body. */
export function filledTemplate(
  { projectId, version = 'latest', locale }: TemplateName,
  values: Readonly<Record<string, string>>,
): object {
  const parameters = Object.entries(values).map(([key, value]) => ({ type: 'string', key, value }));
  return { projectId, version, locale, parameters };
}
