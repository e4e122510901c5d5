const byId = (id) => document.getElementById(id);
const element = document.querySelector('service-window');
const fates = {
  received: '',
  sending: 'Sent to Bird',
  delivered: 'Delivered',
  lost: 'Accepted by Bird, then lost',
  stopped: 'Stopped by the guard: nothing was sent',
};
const clock = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

let open = '1';
let shown = '';

/** Gives whether the server was reached. */
async function call(path, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await reach(path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer !== undefined) await refresh();
  return answer !== undefined;
}

/** Gives nothing while there is no connection; the element above the composer says so. */
async function reach(path, request) {
  try {
    return await fetch(path, request);
  } catch {
    return undefined;
  }
}

/** Looks at the server. Only what has changed is drawn again. */
async function refresh() {
  const answer = await reach('state');
  if (answer === undefined) return;
  const { now, conversations, history } = await answer.json();
  byId('now').textContent = clock.format(now);
  const drawn = JSON.stringify([open, history]);
  if (drawn === shown) return;
  shown = drawn;
  drawConversations(conversations, history);
  drawMessages(history.filter(({ conversationId }) => conversationId === open));
  drawReplies(history.filter(({ from }) => from === 'agent'));
}

function drawConversations(conversations, history) {
  const items = conversations.map(({ id, name, platform }) => {
    const last = history.findLast(({ conversationId }) => conversationId === id);
    const button = create('button', { type: 'button', 'aria-current': String(id === open) }, [
      create('span', {}, [name]),
      create('small', {}, [last === undefined ? platform : last.text]),
    ]);
    button.addEventListener('click', () => select(id));
    if (id === open) byId('name').textContent = `${name}, ${platform}`;
    return create('li', {}, [button]);
  });
  byId('conversations').replaceChildren(...items);
}

function drawMessages(entries) {
  const messages = byId('messages');
  messages.replaceChildren(
    ...entries.map(({ at, from, kind, text, fate }) => {
      const notes = [clock.format(at), kind === 'template' ? 'Template' : '', fates[fate]].filter(Boolean);
      return create('p', { class: `message ${from} ${fate}` }, [text, create('small', {}, [notes.join(' · ')])]);
    }),
  );
  messages.scrollTop = messages.scrollHeight;
}

function drawReplies(entries) {
  const count = (fate) => entries.filter((entry) => entry.fate === fate).length;
  const sums = `Bird delivered ${count('delivered')} and lost ${count('lost')}; the guard stopped ${count('stopped')}.`;
  byId('sums').textContent = entries.length === 0 ? 'There are none yet.' : sums;
  document.querySelector('.scroll').hidden = entries.length === 0;
  const rows = entries
    .toReversed()
    .map(({ text, kind, guard, fate }) =>
      create('tr', {}, [
        create('td', {}, [kind === 'template' ? `Template: ${text}` : text]),
        create('td', {}, [
          guard === undefined ? 'not asked' : `${guard.verdict}: ${guard.reason.replaceAll('_', ' ')}`,
        ]),
        create('td', { class: fate }, [fate === 'stopped' ? 'not sent' : fate]),
      ]),
    );
  byId('replies').replaceChildren(...rows);
}

function create(tag, attributes, children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function select(id) {
  open = id;
  connect();
  refresh();
}

/** A draft leaves the composer once the server has it. */
async function reply(kind, text) {
  const draft = byId('text').value;
  const isReached = await call(`conversations/${open}/messages`, { kind, text });
  if (isReached && byId('text').value === draft) byId('text').value = '';
}

/** Also after a jump of the clock: no clock of a real server jumps, so the element does not expect it. */
function connect() {
  element.setAttribute('src', `conversations/${open}/window`);
}

byId('reply').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('text').value.trim();
  if (text !== '') reply('text', text);
});
element.addEventListener('use-template', () => {
  reply('template', byId('text').value.trim() || 'please write to us, so that we can answer you here.');
});
for (const button of document.querySelectorAll('[data-minutes]')) {
  button.addEventListener('click', async () => {
    await call('panel/clock', { minutes: Number(button.dataset.minutes) });
    connect();
  });
}
byId('customer').addEventListener('submit', (event) => {
  event.preventDefault();
  call(`panel/${open}/customer`, { text: byId('customer-text').value });
});
byId('late').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('late-text').value;
  if (event.submitter?.value === 'unguarded') call(`panel/${open}/unguarded`, { text });
  else call(`conversations/${open}/messages`, { kind: 'text', text });
});

connect();
await refresh();
setInterval(refresh, 1000);
