import { createTemplate, type KnownTemplate, type SandboxTemplate } from './template.js';
import type { TemplateOptions } from './template-options.js';

/** A workspace's templates, by project and version. */
export interface TemplateBook {
  /** Throws a `TypeError` or `RangeError` that names the wrong option, such as an existing version. */
  add(options: TemplateOptions): SandboxTemplate;
  /** Whether none was ever added. */
  isEmpty(): boolean;
  /** All versions of a template in the order in which they were added; empty for an unknown one. */
  versionsOf(projectId: unknown): readonly KnownTemplate[];
}

export function createTemplateBook(): TemplateBook {
  const byProject = new Map<unknown, readonly KnownTemplate[]>();
  const versionsOf = (projectId: unknown): readonly KnownTemplate[] => byProject.get(projectId) ?? [];
  return {
    add: (options) => {
      const known = createTemplate(options);
      const { projectId, version } = known.template;
      const versions = versionsOf(projectId);
      if (versions.some(({ template }) => template.version === version)) {
        throw new RangeError(`addTemplate.version is taken by another version of this template: ${version}`);
      }
      byProject.set(projectId, [...versions, known]);
      return known.template;
    },
    isEmpty: () => byProject.size === 0,
    versionsOf,
  };
}
