// Writes the API reference, a website, to `api/docs`. Fails where a link or a type in a docstring leads nowhere.
import { join } from 'node:path';
import { Application } from 'typedoc';
import { entriesOfPackage, projectRoot } from './entries.mjs';

const sourceOf = (types) => types.replace(/^dist\//, 'src/').replace(/\.d\.ts$/, '.ts');

const app = await Application.bootstrap({
  entryPoints: entriesOfPackage().map(({ types }) => join(projectRoot, sourceOf(types))),
  tsconfig: join(projectRoot, 'api/tsconfig.json'),
  readme: 'none',
  disableSources: true,
  includeVersion: true,
  treatWarningsAsErrors: true,
  validation: { notExported: false, invalidLink: true, notDocumented: false },
});
const project = await app.convert();
if (project === undefined || app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
await app.generateDocs(project, join(projectRoot, 'api/docs'));
