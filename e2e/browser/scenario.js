// Runs one scenario of pages/ in Chromium and prints what it returns.
//
//     node scenario.js JSON     {chromium, url, module, params, screenshots}

const path = require('path');
const { withPage } = require('./chromium');

const { chromium, url, module, params, screenshots } = JSON.parse(process.argv[2]);

async function run(page) {
  await page.exposeFunction('screenshot', (name) => page.screenshot({ path: path.join(screenshots, `${name}.png`) }));
  await page.goto(url);
  return page.evaluate(async ([name, args]) => (await import(name)).run(args), [module, params]);
}

withPage(run, { executablePath: chromium }).then(
  (result) => console.log(`RESULT ${JSON.stringify(result)}`),
  (error) => {
    console.error(error.stack);
    process.exitCode = 1;
  },
);
