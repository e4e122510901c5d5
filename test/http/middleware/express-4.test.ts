import { describe } from 'vitest';
import { describeHttpAdapter } from '../../contracts/http-adapter.contract.js';
import { describeRerouteAdapter } from '../../contracts/reroute-adapter.contract.js';
import { onExpress4 } from '../../support/service.js';

describe('freeformGuard on Express 4', () => describeHttpAdapter(onExpress4));
describe('rerouting on Express 4', () => describeRerouteAdapter(onExpress4));
