// The wall's page: shows each picture that comes, and tells the gateway which alerts were seen.
// Elements are kept from picture to picture, so that nobody loses the place where the keyboard is.
'use strict';

const SIGNS = {
  A: 'anger', D: 'disgust', F: 'fear', H: 'happiness', P: 'pleasant surprise', S: 'sadness', N: 'neutral',
  T: 'distressed', L: 'pleasant', C: 'calm',
  '?': 'uncertain', ',': 'speech, too short to read', '.': 'silence', '!': 'sound lost', x: 'muted', '-': 'over', ' ': 'not heard',
};
const CLASSES = { '?': 'uncertain', ',': 'short', '.': 'silence', '!': 'gap', x: 'muted', '-': 'over', ' ': 'unheard' };

// What the gateway says of a page whose origin is not the host that was asked.
const FOREIGN = 'Refused: a proxy in front has to leave the Host header as it is.';
const CONFIRMED_WITHIN_MS = 7000;

const byId = (id) => document.getElementById(id);
const rows = new Map();
const alerts = new Map();
let announced = null;

function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}

function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function clock(seconds) {
  const two = (n) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

// A call of one of many desks is called by its desk too.
const nameOf = (call) => (call.node ? `${call.node}: ${call.label}` : call.label);
const classOf = (letter) => `c-${CLASSES[letter] ?? letter}`;

// Puts the children of a list into an order, and moves none that is in its place.
function arrange(list, wanted) {
  wanted.forEach((child, at) => {
    if (list.children[at] !== child) list.insertBefore(child, list.children[at] ?? null);
  });
  while (list.children.length > wanted.length) list.lastChild.remove();
}

function newRow() {
  const row = element('tr');
  const name = element('th');
  name.scope = 'row';
  const [length, now, last] = [element('td'), element('td'), element('td')];
  const sign = element('span');
  const words = element('span');
  const note = element('small');
  now.append(sign, words, note);
  const timeline = element('div');
  timeline.className = 'timeline';
  timeline.setAttribute('role', 'img');
  last.append(timeline);
  row.append(name, length, now, last);
  return { row, name, length, sign, words, note, timeline, drawn: '' };
}

function inWords(letters, cellSeconds) {
  const sums = new Map();
  for (const letter of letters) sums.set(letter, (sums.get(letter) ?? 0) + cellSeconds);
  const parts = [...sums].sort((one, other) => other[1] - one[1]);
  return parts.map(([letter, seconds]) => `${SIGNS[letter]} ${clock(seconds)}`).join(', ') || 'nothing yet';
}

function drawRow(view, call, cellSeconds) {
  setText(view.name, nameOf(call));
  setText(view.length, clock(call.length_s));
  view.sign.className = `sign ${classOf(call.now)}`;
  setText(view.sign, call.now);
  setText(view.words, call.words);
  setText(view.note, call.note ?? '');
  view.row.className = call.now === '-' ? 'over' : '';
  if (view.drawn === call.timeline) return;
  view.drawn = call.timeline;
  const letters = [...call.timeline];
  while (view.timeline.children.length < 60) view.timeline.append(element('span'));
  const first = 60 - letters.length;
  [...view.timeline.children].forEach((cell, at) => {
    const letter = letters[at - first] ?? ' ';
    cell.className = classOf(letter);
    setText(cell, letter);
  });
  view.timeline.setAttribute('aria-label', inWords(letters, cellSeconds));
}

function newAlert(call, alert) {
  const item = element('li');
  const text = element('div');
  const head = element('p');
  const name = element('strong');
  const what = element('span', `${alert.rule} at ${clock(alert.at_s)}`);
  head.append(name, what);
  text.append(head, element('p', alert.reason));
  if (alert.guidance) text.append(element('p', alert.guidance));
  const button = element('button', 'Acknowledge');
  button.type = 'button';
  button.addEventListener('click', () => acknowledge(call.call, alert.at, button));
  item.append(text, button);
  return { item, name, button, what: what.textContent };
}

async function acknowledge(call, at, button) {
  // Not `disabled`: that would take the keyboard's place away.
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  button.textContent = 'Sending';
  try {
    const answer = await fetch(`/wall/calls/${encodeURIComponent(call)}/acknowledge`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ at }),
    });
    if (answer.status === 401) askForToken();
    if (answer.status === 403) say(FOREIGN, true);
    if (!answer.ok) throw new Error(String(answer.status));
    button.textContent = 'Sent';
    // The alert leaves the list once it is in the call's log. Where a desk cannot be reached it stays.
    setTimeout(() => {
      if (!button.isConnected) return;
      button.setAttribute('aria-disabled', 'false');
      button.textContent = 'Not confirmed: try again';
    }, CONFIRMED_WITHIN_MS);
  } catch {
    button.setAttribute('aria-disabled', 'false');
    button.textContent = 'Not sent: try again';
  }
}

function drawAlerts(calls) {
  const open = [];
  for (const call of calls) {
    for (const alert of call.alerts) {
      if (!alert.is_acknowledged) open.push({ key: `${call.call}/${alert.at}`, call, alert });
    }
  }
  const items = open.map(({ key, call, alert }) => {
    if (!alerts.has(key)) alerts.set(key, newAlert(call, alert));
    const view = alerts.get(key);
    setText(view.name, nameOf(call));
    view.button.setAttribute('aria-label', `Acknowledge: ${nameOf(call)}, ${view.what}`);
    return view.item;
  });
  const keys = new Set(open.map(({ key }) => key));
  const held = document.activeElement;
  const place = [...byId('alerts').children].findIndex((item) => item.contains(held));
  for (const key of [...alerts.keys()]) if (!keys.has(key)) alerts.delete(key);
  arrange(byId('alerts'), items);
  if (place >= 0 && document.activeElement !== held) {
    // Moved: it is held again. Gone: the next one is.
    if (held.isConnected) held.focus();
    else (items[Math.min(place, items.length - 1)]?.querySelector('button') ?? byId('alerts-title')).focus();
  }
  if (announced) {
    const fresh = open.filter(({ key }) => !announced.has(key));
    if (fresh.length > 0) {
      const [{ call, alert }] = fresh;
      setText(byId('said'), `${nameOf(call)}: ${alert.rule}. ${alert.reason}`);
    }
  }
  announced = keys;
  setText(byId('n-alerts'), String(open.length));
  document.title = open.length > 0 ? `(${open.length}) Undertone: wall` : 'Undertone: wall';
}

function draw(picture) {
  const kept = new Set(picture.calls.map((call) => call.call));
  for (const key of [...rows.keys()]) if (!kept.has(key)) rows.delete(key);
  const order = picture.calls.map((call) => {
    if (!rows.has(call.call)) rows.set(call.call, newRow());
    const view = rows.get(call.call);
    drawRow(view, call, picture.cell_s);
    return view.row;
  });
  arrange(byId('calls'), order);
  setText(byId('n-calls'), String(picture.calls.filter((call) => call.now !== '-').length));
  drawAlerts(picture.calls);
  drawNodes(picture.nodes ?? []);
  say(picture.warning ?? 'live', Boolean(picture.warning));
}

// Desks and gateways of which nothing is heard: nobody there would be seen.
function drawNodes(nodes) {
  const silent = nodes.filter((node) => node.silent_s !== null);
  const words = silent.map((node) => `${node.name} for ${clock(node.silent_s)}`);
  setText(byId('silent'), words.length > 0 ? `Silent: ${words.join(', ')}` : '');
  const n = nodes.length - silent.length;
  setText(byId('n-nodes'), nodes.length > 0 ? `of ${n} ${n === 1 ? 'desk or gateway' : 'desks and gateways'}` : '');
}

function say(text, isLost) {
  setText(byId('state'), text);
  byId('state').classList.toggle('lost', isLost);
}

function askForToken() {
  byId('wall').hidden = true;
  byId('login').hidden = false;
  say('not logged in', false);
  byId('token').focus();
}

let source = null;

async function watch() {
  source?.close();
  const may = await fetch('/wall/may').catch(() => null);
  if (may?.status === 401) {
    askForToken();
    return;
  }
  byId('login').hidden = true;
  byId('wall').hidden = false;
  source = new EventSource('/wall/pictures');
  source.addEventListener('open', () => say('live', false));
  source.addEventListener('picture', (event) => draw(JSON.parse(event.data)));
  source.addEventListener('error', () => {
    say('no connection: what is shown is old', true);
    // A browser tries again by itself, but not after a refusal.
    if (source.readyState === EventSource.CLOSED) setTimeout(watch, 2000);
  });
}

byId('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const token = byId('token').value;
  setText(byId('refused'), '');
  const answer = await fetch('/wall/login', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token }),
  }).catch(() => null);
  if (answer?.ok) {
    byId('token').value = '';
    await watch();
    byId('alerts-title').focus();
  } else {
    const why = answer?.status === 403 ? FOREIGN : 'This is not the token.';
    setText(byId('refused'), answer ? why : 'The gateway does not answer.');
  }
});

for (const [letter, name] of Object.entries(SIGNS)) {
  if (letter === ' ') continue;
  const item = element('li');
  const sign = element('span', letter);
  sign.className = `sign ${classOf(letter)}`;
  item.append(sign, name);
  byId('legend').append(item);
}
watch();
