// Runs one scenario of pages/ in a browser and prints what it returns.
//
//     node scenario.js JSON     {browser: chromium or firefox, executable, flags: more of Chromium's, url, module, params, screenshots}

const path = require('path');

const { browser, executable, flags, url, module: name, params, screenshots } = JSON.parse(process.argv[2]);
const { withPage } = require(`./${browser}`);

async function run(page) {
  await page.exposeFunction('screenshot', async (file) => {
    await page.screenshot({ path: path.join(screenshots, `${file}-${browser}.png`), fullPage: true });
  });
  await page.goto(url);
  return page.evaluate(async ([file, args]) => (await import(file)).run(args), [name, params]);
}

withPage(run, { executablePath: executable, ...(flags && { flags }) }).then(
  (result) => console.log(`RESULT ${JSON.stringify(result)}`),
  (error) => {
    console.error(error.stack);
    process.exitCode = 1;
  },
);
