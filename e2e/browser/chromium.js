// Opens Chromium as the tests want it: fake devices, a new profile, and no name resolved but to this machine.

const fs = require('fs');
const os = require('os');
const path = require('path');
const { chromium } = require('playwright-core');

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream=fps=30',
  '--use-fake-ui-for-media-stream',
  '--allow-loopback-in-peer-connection', // a machine without network has no other address
  '--autoplay-policy=no-user-gesture-required',
  // A page in the background would be slowed down, and no page of a headless browser is in front.
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--host-resolver-rules=MAP * 127.0.0.1, EXCLUDE localhost',
];

// A video file (.y4m) that the fake camera shows instead of its own picture, again and again.
if (process.env.RIVERO_CAMERA) FLAGS.push(`--use-file-for-fake-video-capture=${process.env.RIVERO_CAMERA}`);

// withPage opens a page, calls use(page) and returns its result. What the page says goes to stderr; an uncaught error in it
// rejects.
exports.withPage = async (use, { executablePath, flags = [], ...options } = {}) => {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'rivero-e2e-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, headless: true, args: [...FLAGS, ...flags], viewport: { width: 1440, height: 1320 }, ...options,
  });
  try {
    const [page] = context.pages();
    const crashed = new Promise((_, reject) => {
      page.on('pageerror', (error) => reject(new Error(`uncaught in the page: ${error.stack}`)));
      page.on('crash', () => reject(new Error('the page crashed')));
    });
    page.on('console', (message) => console.error(`[page ${message.type()}] ${message.text()}`));
    return await Promise.race([use(page), crashed]);
  } finally {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
};
