import { describe } from 'vitest';
import { describeHttpAdapter } from '../contracts/http-adapter.contract.js';
import { onConnect } from '../support/service.js';

describe('freeformGuard on Connect', () => describeHttpAdapter(onConnect));
