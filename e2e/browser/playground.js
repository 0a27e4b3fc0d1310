// Clicks through the playground as a visitor does and prints what the page showed.
//
//     node playground.js JSON     {chromium, url, screenshots}

const path = require('path');
const { withPage } = require('./chromium');

const { chromium, url, screenshots } = JSON.parse(process.argv[2]);
const TIMEOUT = 20000; // ms, for each thing that is awaited

async function visit(page) {
  page.setDefaultTimeout(TIMEOUT);
  const at = (name) => page.getByTestId(name);
  const text = (name) => at(name).innerText();
  const shows = (name, pattern) => page.getByTestId(name).filter({ hasText: pattern }).waitFor();
  const state = (demo, name, value) =>
    at(`${demo}-states`).locator(`[data-state="${name}"] dd`).filter({ hasText: value }).waitFor();
  const is = (demo, value) => page.locator(`[data-testid="${demo}"][data-state="${value}"]`).waitFor();
  const states = (demo) => at(`${demo}-states`).locator('.state').evaluateAll((all) =>
    Object.fromEntries(all.map((one) => [one.dataset.state, one.querySelector('dd').textContent])));
  const shot = (name) => page.screenshot({ path: path.join(screenshots, `playground-${name}.png`) });
  const plays = (name) => page.waitForFunction((id) => {
    const video = document.querySelector(`[data-testid="${id}"]`);
    return video.videoWidth > 0 && video.currentTime > 2;
  }, name);
  const size = (name) => at(name).evaluate(({ videoWidth, videoHeight }) => [videoWidth, videoHeight]);
  const seen = {};

  await page.goto(url);
  await shows('connection', 'connected');
  await shows('server', 'core');
  seen.server = await text('server');
  await shot('idle');

  await at('loopback-start').click();
  await plays('loopback-remote');
  for (const [name, value] of [['DTLS', 'CONNECTED'], ['Connection', 'CONNECTED'], ['Audio to browser', 'FLOWING'], ['Video to browser', 'FLOWING']]) {
    await state('loopback', name, value);
  }
  await shows('loopback-measured', 'frames/s');
  const offer = at('messages').locator('.message.request', { hasText: 'processOffer' }).first();
  await offer.locator('summary').click();
  await shot('loopback');
  await offer.locator('summary').click();
  await at('messages').evaluate((list) => list.scrollTo(0, list.scrollHeight)); // the list follows its end again
  seen.loopback = { size: await size('loopback-remote'), states: await states('loopback'), error: await text('loopback-error') };
  await at('loopback-stop').click();
  await is('loopback', 'idle');

  seen.uri = await at('record-uri').inputValue();
  await at('record-start').click();
  await state('record', 'Last event', 'Recording');
  await plays('record-local');
  await shot('record');
  await at('record-stop').click();
  await is('record', 'idle');
  seen.record = { states: await states('record'), error: await text('record-error') };
  seen.nextURI = await at('record-uri').inputValue();

  seen.playURI = await at('play-uri').inputValue();
  await at('play-start').click();
  await page.waitForFunction(() => document.querySelector('[data-testid="play-remote"]').videoWidth > 0);
  await shows('play-measured', 'frames/s');
  await shot('play');
  await state('play', 'Last event', 'EndOfStream');
  seen.play = { size: await size('play-remote'), states: await states('play'), error: await text('play-error') };
  await at('play-stop').click();
  await is('play', 'idle');

  await at('play-uri').fill('file:///nowhere/at-all.webm');
  await at('play-start').click();
  await shows('play-error', 'INVALID_URI');
  seen.wrongURI = await text('play-error');
  await shot('error');
  await at('play-stop').click();
  await is('play', 'idle');

  // the list of messages can be searched
  await at('messages-filter').fill('EndOfStream');
  seen.found = await at('messages').locator('.message:visible').evaluateAll((all) => all.map((one) => one.className));
  seen.count = await text('messages-count');
  await at('messages-filter').fill('');

  await page.emulateMedia({ colorScheme: 'dark' });
  await shot('dark');
  return seen;
}

withPage(visit, { executablePath: chromium }).then(
  (seen) => console.log(`RESULT ${JSON.stringify(seen)}`),
  (error) => {
    console.error(error.stack);
    process.exitCode = 1;
  },
);
