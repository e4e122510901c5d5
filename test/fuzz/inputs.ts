import { birdAnswers } from './inputs/bird-answers.js';
import { configuration } from './inputs/configuration.js';
import { decisionLogs } from './inputs/decision-logs.js';
import { events } from './inputs/events.js';
import { paths } from './inputs/paths.js';
import { sendBodies } from './inputs/send-bodies.js';
import { storedValues } from './inputs/stored-values.js';
import type { Property } from './property.js';

/** What comes from outside, and what must hold of it whatever comes. Those come first of which a run costs least. */
export const inputs: Readonly<Record<string, readonly Property[]>> = {
  paths,
  'bird-answers': birdAnswers,
  events,
  'send-bodies': sendBodies,
  'stored-values': storedValues,
  configuration,
  'decision-logs': decisionLogs,
};
