import { describe } from 'vitest';
import { describeHttpAdapter } from '../contracts/http-adapter.contract.js';
import { onNodeHttp } from '../support/service.js';

describe('freeformGuard on bare node:http', () => describeHttpAdapter(onNodeHttp));
