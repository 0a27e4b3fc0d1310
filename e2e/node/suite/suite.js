// What the client's test suites share: a list of tests, a connection to the server, and ways around the client's own bugs.
//
//     node --require ./node/no-domain.js node/suite/NAME.js VERSION URL OTHER-URL PROGRAM CONFIG
//
// A server runs at URL. Tests that stop and start one do it themselves: PROGRAM -f CONFIG serves OTHER-URL.
//
// Every test gets a client of its own. The results are printed for Go, which makes a test of each.

const path = require('path');

const [version, url, otherUrl, program, config] = process.argv.slice(2);
const kurento = require(path.join(__dirname, '..', '..', 'clients', version, 'node_modules', 'kurento-client'));

const patience = 10_000; // ms, for one test

// The client's promises swallow errors of operations; its callbacks tell them.
const call = (object, operation, ...args) => new Promise((resolve, reject) => {
  object[operation](...args, (error, result) => (error ? reject(error) : resolve(result)));
});

// create is client.create with the callback: there the error of a creation comes first.
const create = (creator, type, params = {}) => new Promise((resolve, reject) => {
  creator.create(type, params, (error, object) => (error ? reject(error) : resolve(unthenable(object))));
});

// Objects of the client are promises too: a promise of one would wait for it for ever.
const unthenable = (object) => Object.defineProperty(object, 'then', { value: undefined, configurable: true });

// connect is strict, the default: the client refuses a server that lacks one of its modules, and tells its callback only.
// What the callback gets is a copy of the client, without its sessionId.
const connect = (address = url) => new Promise((resolve, reject) => {
  const client = kurento(address, (error, connected) => {
    if (error) reject(error);
    else resolve(Object.defineProperty(unthenable(connected), 'sessionId', { get: () => client.sessionId }));
  });
});

const refusal = (promise) => promise.then(
  () => ({ code: 0, message: 'not refused' }),
  ({ code, message, data }) => ({ code, message, type: data?.type }),
);

const idOf = (object) => object?.id ?? object; // some answers carry the object, some its id

// within gives up on a promise that takes too long, and says what it waited for.
const within = (promise, what, ms = patience / 2) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

// once waits for an event that a condition holds for.
const once = (emitter, event, condition = () => true) => within(new Promise((resolve) => {
  const listener = (data) => {
    if (!condition(data)) return;
    emitter.removeListener(event, listener);
    resolve(data);
  };
  emitter.on(event, listener);
}), event);

// settled is when the server has answered everything asked so far: the client sends in order, some things a little late.
const settled = async (object) => {
  await new Promise(setImmediate);
  await call(object, 'getName');
};

const tests = [];
const test = (name, body) => tests.push({ name, body });

// What nobody catches belongs to the test that runs.
let uncaught = (error) => {
  console.error(error);
  process.exit(1);
};
process.on('uncaughtException', (error) => uncaught(error));
process.on('unhandledRejection', (error) => uncaught(error));

// run runs the tests one after the other and prints what became of them.
async function run() {
  const results = [];
  for (const { name, body } of tests) {
    let client;
    let error;
    try {
      const trouble = new Promise((_, reject) => { uncaught = reject; });
      client = await within(connect(), 'the connection');
      await within(Promise.race([body(client), trouble]), 'the end of the test', patience);
    } catch (e) {
      error = e?.stack ?? String(e);
    }
    client?.close();
    results.push({ name, error });
  }
  console.log(`RESULT ${JSON.stringify(results)}`);
  process.exit(0); // timers of the client would keep Node alive for 20 s
}

module.exports = {
  kurento, url, otherUrl, program, config, version, call, create, connect, refusal, idOf, within, once, settled, test, run, unthenable,
};
