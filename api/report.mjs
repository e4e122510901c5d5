// Compares what each entry of the package exports with the report beside this file. `--update` writes the reports.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { entriesOfPackage, projectRoot } from './entries.mjs';

const reportFolder = join(projectRoot, 'api');
const { update } = parseArgs({ options: { update: { type: 'boolean', default: false } } }).values;
const scratch = mkdtempSync(join(tmpdir(), 'freeform-guard-api-'));
try {
  process.exitCode = reportAll() ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true });
}

/** Whether every report is as it should be. */
function reportAll() {
  const configs = entriesOfPackage().map(configOf);
  const [first, ...others] = configs;
  const additionalEntryPoints = others.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath);
  const compilerState = CompilerState.create(first, { additionalEntryPoints });
  return configs.map((config) => report(config, compilerState)).every(Boolean);
}

function configOf({ name, types }) {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectRoot, 'package.json'),
    configObject: {
      projectFolder: projectRoot,
      mainEntryPointFilePath: join(projectRoot, types),
      compiler: { tsconfigFilePath: join(projectRoot, 'api/tsconfig.json') },
      // What an export refers to is public too, whether or not it can be imported by name.
      apiReport: {
        enabled: true,
        reportFileName: `${basename(name)}.api.md`,
        reportFolder,
        reportTempFolder: scratch,
        includeForgottenExports: true,
      },
      newlineKind: 'lf',
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      messages: { extractorMessageReporting: { default: { logLevel: 'none' } } },
    },
  });
}

function report(config, compilerState) {
  const { apiReportChanged } = Extractor.invoke(config, {
    compilerState,
    localBuild: update,
    showVerboseMessages: false,
    messageCallback: (message) => {
      message.handled = true;
      if (message.logLevel === 'error') console.error(message.text);
    },
  });
  if (!apiReportChanged || update) return true;
  console.error(
    `${config.reportFilePath} is not what the package exports. If the change is meant: npm run api -- --update`,
  );
  spawnSync('git', ['diff', '--no-index', config.reportFilePath, config.reportTempFilePath], { stdio: 'inherit' });
  return false;
}
