// A reply that comes too late goes out as a template, with its text in a variable.
import { toTemplate } from 'freeform-guard';
import { startScene } from './scene.js';

const scene = await startScene(({ template }) =>
  toTemplate({ projectId: template.projectId, locale: 'en', variable: 'message', maxLength: 60 }),
);
await scene.send('Your parcel arrives at noon.');
scene.printReceived();

// Longer than the variable: several templates, cut between words.
await scene.send(
  'We tried to deliver it twice. The driver left a note, and it is now with your neighbour at number 12.',
);
scene.printReceived();
await scene.close();
