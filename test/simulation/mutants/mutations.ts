import { campaigns } from './campaigns.js';
import { decision } from './decision.js';
import { evidence } from './evidence.js';
import { fleet } from './fleet.js';
import { held } from './held.js';
import { identities } from './identities.js';
import type { Mutation } from './mutation.js';
import { reads } from './reads.js';
import { requests } from './requests.js';
import { reroute } from './reroute.js';

/** All of them: a file each for a part of the guard. */
export const mutations: readonly Mutation[] = [
  ...evidence,
  ...identities,
  ...requests,
  ...decision,
  ...reads,
  ...campaigns,
  ...reroute,
  ...held,
  ...fleet,
];
