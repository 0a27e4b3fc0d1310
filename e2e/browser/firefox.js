// Opens Firefox as the tests want it: fake devices, a new profile, host candidates as they are.

const puppeteer = require('puppeteer-core');

const PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.loopback': true, // a machine without network has no other address
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
};

// withPage opens a page, calls use(page) and returns its result. What the page says goes to stderr; an uncaught error in it
// rejects.
exports.withPage = async (use, { executablePath } = {}) => {
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true, extraPrefsFirefox: PREFERENCES });
  try {
    const page = await browser.newPage();
    const crashed = new Promise((_, reject) => {
      page.on('pageerror', (error) => reject(new Error(`uncaught in the page: ${error.stack}`)));
    });
    page.on('console', (message) => console.error(`[page ${message.type()}] ${message.text()}`));
    return await Promise.race([use(page), crashed]);
  } finally {
    await browser.close();
  }
};
