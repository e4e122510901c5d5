import serverless from 'serverless-http';
import { createApp } from './express.js';
import type { Service } from './service.js';

export function createHandler(service: Service): serverless.Handler {
  return serverless(createApp(service));
}
