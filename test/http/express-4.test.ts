import { describe } from 'vitest';
import { describeHttpAdapter } from '../contracts/http-adapter.contract.js';
import { onExpress4 } from '../support/service.js';

describe('freeformGuard on Express 4', () => describeHttpAdapter(onExpress4));
