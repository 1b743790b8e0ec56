// link_pages.mjs URL : goes through a shared link as a visitor with a phone would, and prints what was found as one JSON
// object. `noScript` is the way to a download in a browser without JavaScript; `pages` says of each page what axe-core
// complains about, whether it is wider than the phone, which buttons are too small to be hit, and what was loaded from
// elsewhere.
import {chromium, devices} from 'playwright-core';
import axe from '@axe-core/playwright';
import {readFileSync} from 'node:fs';
import {createHash} from 'node:crypto';

const [url] = process.argv.slice(2);
const origin = new URL(url).origin;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
});
const phone = {...devices['Pixel 5'], viewport: {width: 390, height: 800}, acceptDownloads: true};

// The way to a download: open the folder, tick the first picture, queue, look into the inbox until it is ready.
async function download(context) {
  const page = await context.newPage();
  await page.goto(url);
  await page.click('text=Open');
  await page.locator('input[name=path]').first().check();
  await page.click('text=Queue Download');
  const button = page.locator('a.button').first();
  for (let i = 0; i < 30 && await button.count() === 0; ++i) {
    await page.waitForTimeout(500);
    await page.click('text=Refresh');
  }
  const [started] = await Promise.all([page.waitForEvent('download'), button.click()]);
  const bytes = readFileSync(await started.path());
  await page.close();
  return {name: started.suggestedFilename(), sha256: createHash('sha256').update(bytes).digest('hex')};
}

async function look(context, address) {
  const page = await context.newPage();
  const outside = [], errors = [];
  page.on('request', r => { if (/^https?:/.test(r.url()) && new URL(r.url()).origin !== origin) outside.push(r.url()); });
  page.on('pageerror', e => errors.push(String(e)));
  page.on('console', m => { if (m.type() === 'error') errors.push(m.text()); });
  const answer = await page.goto(address, {waitUntil: 'networkidle'});
  const Builder = axe.default ?? axe;
  const violations = (await new Builder({page}).analyze()).violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  const small = await page.evaluate(() => [...document.querySelectorAll('button, a.button')]
      .filter(one => one.getBoundingClientRect().height < 44).map(one => one.textContent));
  const broken = await page.evaluate(() => [...document.images].filter(one => one.complete && one.naturalWidth === 0).length);
  await page.close();
  return {address: address.slice(origin.length).replace(/sh=[^&]*/, 'sh='), status: answer.status(), violations, wide, small, broken, outside, errors};
}

const result = {pages: []};
const plain = await browser.newContext({...phone, javaScriptEnabled: false});
result.noScript = await download(plain);
const context = await browser.newContext(phone);
result.script = await download(context);
for (const scheme of ['light', 'dark']) {
  const looking = await browser.newContext({...phone, colorScheme: scheme, storageState: await context.storageState()});
  for (const more of process.argv.slice(3).length ? process.argv.slice(3) : [''])
    result.pages.push(await look(looking, more.startsWith('/') ? origin + more : url + more));
}
console.log(JSON.stringify(result));
await browser.close();
