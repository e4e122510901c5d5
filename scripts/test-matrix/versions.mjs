// What the matrix runs with. A newer version is a change here, and a run of its part.

/** The oldest that package.json supports, the last of that line, and the last of each later line of long support. */
export const nodes = ['20.19.0', '20.20.2', '22.23.3', '24.21.0', '26.10.0'];

export const typescripts = ['5.4.5', '5.9.3', '6.0.3', '7.0.2'];

/** Jest, and what compiles for it. */
export const jest = {
  jest: '30.5.2',
  'ts-jest': '29.4.15',
  typescript: '5.9.3',
  '@swc/jest': '0.2.39',
  '@swc/core': '1.16.22',
  'babel-jest': '30.5.2',
  '@babel/core': '7.29.13',
  '@babel/preset-env': '7.29.14',
};
export const vitests = ['4.1.12', '5.1.2'];

export const bundlers = {
  esbuild: '0.28.2',
  webpack: '5.113.0',
  vite: '8.3.8',
  rollup: '4.68.8',
  '@rollup/plugin-node-resolve': '16.0.3',
  '@rollup/plugin-commonjs': '29.0.3',
};

export const deno = '2.9.6';
export const bun = '1.4.5';
/** Miniflare starts this workerd. */
export const workerd = { miniflare: '4.20260730.0', workerd: '1.20260730.1' };

/** For tools that no longer run on the oldest Node. */
export const toolNode = '24.21.0';

/** What Debian has, and in which of its suites. */
export const servers = [
  { name: 'Redis', version: '7.0.15', package: 'redis-server', suites: ['bookworm'] },
  { name: 'Redis', version: '8.0.2', package: 'redis-server', suites: ['trixie'] },
  { name: 'Valkey', version: '8.0.1', package: 'valkey-server', suites: ['bookworm', 'bookworm-backports'] },
  { name: 'Valkey', version: '8.1.1', package: 'valkey-server', suites: ['trixie'] },
];
