// Bundles what draws the plots of the report's page, with uPlot and its licence in it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = new URL('../', import.meta.url);

/** The script as one text, for a page that loads nothing. */
export async function bundleReportPage() {
  const bundle = await rolldown({
    cwd: fileURLToPath(root),
    input: './src/cli/report/page/page.ts',
    platform: 'browser',
    moduleTypes: { '.css': 'text' },
  });
  const { output } = await bundle.generate({ format: 'iife', minify: true, comments: false });
  const licence = readFileSync(new URL('node_modules/uplot/LICENSE', root), 'utf8');
  return `/*! The plots are drawn by uPlot (https://github.com/leeoniya/uPlot).\n\n${licence.trim()}\n*/\n${output[0].code}`;
}
