/** What the element says. `{time}` is the instant, by `Intl` in the page's language; `{left}` is the time that is left. */
export interface ServiceWindowTexts {
  /** While nobody has answered yet. */
  readonly checking: string;
  /** The window is open until an instant. */
  readonly open: string;
  /** The window is open, and has no end, or none that is known. */
  readonly openEndless: string;
  /** The window ends in less than five minutes. */
  readonly closing: string;
  /** The end has come, and the server has not said so yet. */
  readonly ending: string;
  /** The window was open until an instant. */
  readonly closed: string;
  /** The window is closed, and its end is not known. */
  readonly closedLongAgo: string;
  /** The channel cannot send now, or the customer wants no messages: a template would not help either. */
  readonly blocked: string;
  /** Nobody can tell. */
  readonly unknown: string;
  /** The page has no connection to the server. */
  readonly offline: string;
  /** The countdown. */
  readonly left: string;
  /** On the button. */
  readonly useTemplate: string;
}

export const englishTexts: ServiceWindowTexts = {
  checking: 'Checking whether the customer can be written to',
  open: 'Replies are possible until {time}',
  openEndless: 'Replies are possible',
  closing: 'Replies are possible only until {time}',
  ending: 'The time for replies ends now',
  closed: 'The time for replies ended at {time}. Until the customer writes, only a template arrives.',
  closedLongAgo: 'The customer has not written lately. Until then, only a template arrives.',
  blocked: 'The customer cannot be written to here at present.',
  unknown: 'It is not known whether a reply arrives. You can try.',
  offline: 'No connection, so it is not known whether a reply arrives.',
  left: '{left} left',
  useTemplate: 'Use a template',
};
