// `<service-window>` in a page: a closed window disables the composer.
import 'freeform-guard/element';

const now = new Date().toISOString();
const status = { verdict: 'deny', reason: 'service_window_closed', openUntil: null, closedAt: now, serverNow: now };
document.querySelector('service-window').status = status;
document.documentElement.dataset.result = document.querySelector('textarea').disabled ? 'locked' : 'not locked';
