import {
  createGuard,
  freeformGuard,
  type WebhookReceiverOptions,
  type WindowStatusOptions,
  webhookReceiver,
  windowStatus,
} from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { resolvePolicy } from '../../src/guard/workspaces/policy.js';
import { resolveWorkspace } from '../../src/guard/workspaces/workspace-options.js';
import { problemOf } from '../../src/http/request/problem.js';
import { readProjectFile, section, tableRows } from './markdown.js';
import { outcomeOf } from './outcome.js';

const page = readProjectFile('docs/options.md');

/** The options that code knows, with its own words for what they take, as its errors tell them. */
function optionRules(given: (options: object) => unknown, path: string): Map<string, string> {
  const messageOf = (options: object): string => {
    try {
      given(options);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const names = /valid options are (.*)$/.exec(messageOf({ noSuchOption: 1 }))?.[1]?.split(', ') ?? [];
  return new Map(
    names.map((name) => {
      const message = messageOf({ [name]: Symbol('of no type that any option takes') });
      return [name, message.replace(`${path}.${name} must be `, '').replace(/; received .*$/, '')];
    }),
  );
}

describe('the option tables', () => {
  const guard = createGuard({ workspaces: {} });
  const ofGuard = optionRules((options) => createGuard({ workspaces: {}, ...options }), 'options');
  const ofWorkspace = optionRules((defaults) => createGuard({ workspaces: {}, defaults }), 'options.defaults');
  const ofMiddleware = optionRules((options) => freeformGuard(guard, options), 'middlewareOptions');
  const ofReceiver = optionRules((options) => webhookReceiver(guard, options as WebhookReceiverOptions), 'options');
  const ofStatus = optionRules((options) => windowStatus(guard, options as WindowStatusOptions), 'windowStatus');
  const policyNames = Object.keys(resolvePolicy({}));

  const tables: readonly (readonly [heading: string, rules: Map<string, string>])[] = [
    ['createGuard(options)', ofGuard],
    ['Workspaces', new Map([...ofWorkspace].filter(([name]) => !policyNames.includes(name)))],
    ['Policies', new Map([...ofWorkspace].filter(([name]) => policyNames.includes(name)))],
    ['freeformGuard(guard, middlewareOptions)', ofMiddleware],
    ['The receiver', ofReceiver],
    ['The handler', ofStatus],
  ];

  const pages: Readonly<Record<string, string>> = {
    'The receiver': 'docs/webhooks.md',
    'The handler': 'docs/agent-screen.md',
  };
  const pageOf = (heading: string): string => readProjectFile(pages[heading] ?? 'docs/options.md');

  it.each(tables)('%s: each option and what it takes, in the words of the code', (heading, rules) => {
    const rows = tableRows(section(pageOf(heading), heading)).map(([name, takes]) => [name, takes]);
    expect(rows.toSorted()).toEqual([...rules].toSorted());
  });

  it('show the defaults of policies', () => {
    const shown = tableRows(section(page, 'Policies')).map(([name, , byDefault]) => [name, byDefault]);
    expect(Object.fromEntries(shown)).toEqual(asText(resolvePolicy({})));
  });

  it('show the defaults of workspaces', () => {
    const id = '00000000-0000-4000-8000-000000000000';
    const { baseUrl, lookupsPerSecond, lookupBurst } = resolveWorkspace(id, { accessKey: 'key' }, {});
    const shown = tableRows(section(page, 'Workspaces')).map(([name, , byDefault]) => [name, byDefault]);
    expect(Object.fromEntries(shown)).toEqual({
      accessKey: 'required',
      channels: 'none',
      signingKeys: 'none',
      ...asText({ baseUrl, lookupsPerSecond, lookupBurst }),
    });
  });

  it('show the default status of a denial', () => {
    const shown = tableRows(section(page, 'freeformGuard(guard')).find(([name]) => name === 'statusCode');
    const denied = outcomeOf({ verdict: 'deny', reason: 'opted_out', closedAt: null }, { action: 'block' });
    expect(shown?.[2]).toBe(String(problemOf([denied], [{ workspaceId: '' }]).status));
  });
});

function asText(values: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === undefined ? 'none' : String(value)]),
  );
}
