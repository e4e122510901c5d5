import { describe } from 'vitest';
import { describeHttpAdapter } from '../../contracts/http-adapter.contract.js';
import { describeRerouteAdapter } from '../../contracts/reroute-adapter.contract.js';
import { onNodeHttp } from '../../support/service.js';

describe('freeformGuard on bare node:http', () => describeHttpAdapter(onNodeHttp));
describe('rerouting on bare node:http', () => describeRerouteAdapter(onNodeHttp));
