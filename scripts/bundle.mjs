// Bundles the sources: a file for each entry of package.json, and what several of them share. The types come from tsc.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { bundleReportPage } from './report-page.mjs';

const { exports, bin } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const built = [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin)];
const names = built.filter(Boolean).map((path) => path.replace(/^\.\/dist\/(.+)\.js$/, '$1'));

await build({
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  input: Object.fromEntries(names.map((name) => [name, `./src/${name}.ts`])),
  // Dependencies stay dependencies.
  external: /^[^./]/,
  platform: 'node',
  output: {
    dir: 'dist',
    cleanDir: true,
    sourcemap: true,
    // Who debugs reads the names of the sources.
    minifyInternalExports: false,
    chunkFileNames: '[name].js',
    codeSplitting: {
      groups: [
        // A group takes along what its modules import. So this is all of `./core`, and a browser gets no more.
        { name: 'rule', test: /core[\\/]core\.ts$/ },
        // By itself, so that a bundle without the webhook receiver needs nothing of Node.
        { name: 'webhook-signature', test: /webhook-signature\.ts$/ },
        { name: 'shared', minShareCount: 2 },
      ],
    },
  },
});

// What `report --html` puts into its page.
writeFileSync(new URL('../dist/cli/report-page.js', import.meta.url), await bundleReportPage());
