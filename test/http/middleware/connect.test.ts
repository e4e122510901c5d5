import { describe } from 'vitest';
import { describeHttpAdapter } from '../../contracts/http-adapter.contract.js';
import { describeRerouteAdapter } from '../../contracts/reroute-adapter.contract.js';
import { onConnect } from '../../support/service.js';

describe('freeformGuard on Connect', () => describeHttpAdapter(onConnect));
describe('rerouting on Connect', () => describeRerouteAdapter(onConnect));
