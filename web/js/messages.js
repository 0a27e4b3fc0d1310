// The list of JSON-RPC messages: newest last, bounded, filterable, each one folded to a line that says what it is.

const LIMIT = 400;
const OBJECT_ID = /[0-9a-f-]{36}_kurento\.(\w+)|manager_ServerManager/gi;

// shortObject turns an object id into its class name and the first digits of its own UUID.
function shortObject(id) {
  if (id === 'manager_ServerManager') return 'ServerManager';
  const own = String(id).split('/').pop();
  const [uuid, type] = own.split('_kurento.');
  return type ? `${type} ${uuid.slice(0, 4)}` : own;
}

// Describer names each message; it remembers requests, because an answer does not say what it answers.
class Describer {
  #requests = new Map();

  describe(message, out) {
    if (Array.isArray(message) || message === null || typeof message !== 'object') return { kind: 'other', title: 'not JSON-RPC' };
    if (message.method === 'onEvent') {
      const { type, object } = message.params?.value ?? {};
      return { kind: 'event', title: type, about: shortObject(object) };
    }
    if (message.method) {
      if (message.id !== undefined) this.#requests.set(message.id, message);
      return { kind: 'request', title: title(message), about: about(message) };
    }
    const request = this.#requests.get(message.id);
    if (!out) this.#requests.delete(message.id);
    const name = request ? title(request) : `answer ${message.id}`;
    if (message.error) return { kind: 'error', title: name, about: `${message.error.code} ${message.error.message}` };
    return { kind: 'answer', title: name, about: summary(message.result?.value) };
  }
}

function title({ method, params = {} }) {
  switch (method) {
    case 'create': return `create ${params.type}`;
    case 'invoke': return params.operation;
    case 'subscribe': return `subscribe ${params.type}`;
    default: return method;
  }
}

function about({ params }) {
  const object = params?.object ?? params?.constructorParams?.mediaPipeline;
  return object ? shortObject(object) : '';
}

function summary(value) {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(OBJECT_ID, (id) => shortObject(id)).split('\n', 1)[0].slice(0, 120);
}

// Texts with line breaks (SDP) are shown as lines, not as \r\n.
function pretty(message) {
  return JSON.stringify(message, null, 2).replace(/(\\r)?\\n/g, '\n    ');
}

function element(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// Messages fills the panel `root` from the events of wiretap.js.
export class Messages {
  #list; #count; #filter; #pings; #pause;
  #describer = new Describer();
  #start = performance.now();
  #total = 0;

  constructor(root) {
    const part = (name) => root.querySelector(`[data-testid="${name}"]`);
    this.#list = part('messages');
    this.#count = part('messages-count');
    this.#filter = part('messages-filter');
    this.#pings = part('messages-pings');
    this.#pause = part('messages-pause');
    this.#filter.addEventListener('input', () => this.#refilter());
    this.#pings.addEventListener('change', () => this.#refilter());
    part('messages-clear').addEventListener('click', () => {
      this.#list.replaceChildren();
      this.#showCount();
    });
    window.addEventListener('wire:message', ({ detail }) => this.#add(detail));
  }

  #add({ out, text }) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      message = text;
    }
    this.#total++;
    const what = this.#describer.describe(message, out); // also while paused: later answers need their requests
    if (!this.#pause.checked) {
      const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 40;
      this.#list.append(this.#row(what, message, out, text));
      while (this.#list.childElementCount > LIMIT) this.#list.firstElementChild.remove();
      if (atEnd) this.#list.scrollTop = this.#list.scrollHeight;
    }
    this.#showCount();
  }

  #row({ kind, title, about = '' }, message, out, text) {
    const row = element('details', `message ${kind} ${out ? 'out' : 'in'}`);
    row.dataset.kind = kind;
    row.dataset.title = title;
    row.search = `${kind} ${title} ${text}`.toLowerCase();
    const line = document.createElement('summary');
    line.append(
      element('time', 'at', ((performance.now() - this.#start) / 1000).toFixed(2)),
      element('span', 'way', out ? '→' : '←'),
      element('span', 'title', title),
      element('span', 'about', about),
    );
    row.append(line);
    // The body is written only when somebody looks: most messages stay folded.
    row.addEventListener('toggle', () => {
      if (row.open && row.childElementCount === 1) row.append(element('pre', 'body', pretty(message)));
    });
    row.hidden = !this.#matches(row);
    return row;
  }

  #matches(row) {
    if (row.dataset.title === 'ping' && this.#pings.checked) return false;
    return row.search.includes(this.#filter.value.trim().toLowerCase());
  }

  #refilter() {
    for (const row of this.#list.children) row.hidden = !this.#matches(row);
    this.#showCount();
  }

  #showCount() {
    const rows = [...this.#list.children];
    const shown = rows.filter((row) => !row.hidden).length;
    this.#count.textContent = `${shown} shown, ${this.#total} in all`;
  }
}
