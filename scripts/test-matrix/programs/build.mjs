// Run in a user's project: `node build.mjs BUNDLER KIND ENTRY OUT`, KIND being browser, server or server-cjs.

import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { transform } from 'esbuild';

const [bundler, kind, entry, out] = process.argv.slice(2);
/** What a server has installed beside the bundle. */
const external = ['fastify', 'redis', '@opentelemetry/api'];
const isBrowser = kind === 'browser';
const isCommonJs = kind === 'server-cjs';

const bundlers = {
  async esbuild() {
    const { build } = await import('esbuild');
    const platform = isBrowser ? 'browser' : 'node';
    const format = isCommonJs ? 'cjs' : 'esm';
    await build({ entryPoints: [entry], outfile: out, bundle: true, minify: isBrowser, platform, format, external });
  },

  async webpack() {
    const { default: webpack } = await import('webpack');
    const stats = await new Promise((done, fail) => {
      const config = {
        mode: 'production',
        target: isBrowser ? 'web' : 'node20',
        entry: resolve(entry),
        output: { path: dirname(resolve(out)), filename: basename(out), chunkFormat: false, asyncChunks: false },
        externalsType: 'commonjs',
        externals: isBrowser ? [] : external,
      };
      webpack(config, (error, result) => (error ? fail(error) : done(result)));
    });
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
  },

  async vite() {
    const { build } = await import('vite');
    const output = { entryFileNames: basename(out), codeSplitting: false };
    await build({
      configFile: false,
      logLevel: 'warn',
      ssr: { noExternal: true, external },
      build: {
        outDir: dirname(resolve(out)),
        emptyOutDir: false,
        ssr: !isBrowser,
        rolldownOptions: { input: resolve(entry), output },
      },
    });
  },

  async rollup() {
    const { rollup } = await import('rollup');
    const { default: nodeResolve } = await import('@rollup/plugin-node-resolve');
    const { default: commonjs } = await import('@rollup/plugin-commonjs');
    const plugins = [nodeResolve({ browser: isBrowser, preferBuiltins: !isBrowser }), commonjs()];
    const onwarn = (warning) => {
      throw new Error(warning.message);
    };
    const bundle = await rollup({ input: entry, plugins, external: isBrowser ? [] : [...external, /^node:/], onwarn });
    await bundle.write({ file: out, format: 'es', inlineDynamicImports: true });
    if (isBrowser) await writeFile(out, (await transform(await readFile(out, 'utf8'), { minify: true })).code);
  },
};

await bundlers[bundler]();
