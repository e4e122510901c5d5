import { describe } from 'vitest';
import { describeHttpAdapter } from '../../contracts/http-adapter.contract.js';
import { describeRerouteAdapter } from '../../contracts/reroute-adapter.contract.js';
import { onExpress5 } from '../../support/service.js';

describe('freeformGuard on Express 5', () => describeHttpAdapter(onExpress5));
describe('rerouting on Express 5', () => describeRerouteAdapter(onExpress5));
