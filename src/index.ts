export type { Decision } from './core/types.js';
