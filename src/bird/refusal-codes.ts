/**
 * Codes by which providers say that a message came too late for the window. Sources: `docs/platforms.md`. Codes that
 * only look like it (131026 undeliverable, 131049 and 130472 experiments, 131056, 131048, 132000, 132001, 190, 551,
 * 1545041, 63032) stand in no list: they say nothing about the window.
 */
const windowCodes: ReadonlySet<string> = new Set([
  // WhatsApp Cloud API and on-premises
  '131047',
  '470',
  // Messenger and Instagram, with and without Meta's code 10 before the subcode
  '2018278',
  '10/2018278',
  '2534022',
  '10/2534022',
  // WeChat
  '45015',
  // Twilio, Gupshup, 8x8
  '63016',
  '1004',
  '1005',
  '1006',
  '1007',
  '1008',
  '61',
  // by name
  'service_window_expired',
  'window_expired',
  'window_closed',
  'noactivesession',
]);

/** Whether a provider's code says that the window was closed when the message came. */
export function isWindowRefusal(code: unknown): boolean {
  const text = typeof code === 'number' ? String(code) : code;
  return typeof text === 'string' && windowCodes.has(text.trim().toLowerCase());
}
