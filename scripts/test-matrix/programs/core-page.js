// All of `freeform-guard/core` in a page.
import * as core from 'freeform-guard/core';

globalThis.freeformGuard = core;
const { reason } = core.decideFreeform({ platformId: 'whatsapp' }, { serviceWindowExpireAt: null });
document.documentElement.dataset.result = reason;
