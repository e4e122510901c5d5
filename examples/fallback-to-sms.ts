// A reply that comes too late goes by SMS, which has no window; if SMS cannot be used, as a template.
import { toChannel, toTemplate } from 'freeform-guard';
import { startScene } from './scene.js';

const scene = await startScene(({ sms, template }) => [
  toChannel({ channels: [sms.id] }),
  toTemplate({ projectId: template.projectId, locale: 'en', variable: 'message' }),
  'block',
]);
await scene.send('Your parcel arrives at noon.');
scene.printReceived();
await scene.close();
