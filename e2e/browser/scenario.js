// Runs one scenario of pages/ in Chromium and prints what it returns.
//
//     node scenario.js JSON     {chromium, url, module, params, screenshots}

const path = require('path');
const { withPage } = require('./chromium');

const { chromium, url, module: name, params, screenshots } = JSON.parse(process.argv[2]);

async function run(page) {
  await page.exposeFunction('screenshot', (file) => page.locator('body').screenshot({ path: path.join(screenshots, `${file}.png`) }));
  await page.goto(url);
  return page.evaluate(async ([file, args]) => (await import(file)).run(args), [name, params]);
}

withPage(run, { executablePath: chromium }).then(
  (result) => console.log(`RESULT ${JSON.stringify(result)}`),
  (error) => {
    console.error(error.stack);
    process.exitCode = 1;
  },
);
