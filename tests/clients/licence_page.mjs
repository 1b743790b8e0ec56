// licence_page.mjs ORIGIN USER PASSWORD PATH : signs in, follows a link to a classic download with licences, agrees to the
// first of them on the page that comes before, and prints what was found and downloaded as one JSON object.
import {chromium} from 'playwright-core';
import axe from '@axe-core/playwright';

const [origin, user, password, path] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
});
const context = await browser.newContext({acceptDownloads: true});
await context.request.post(origin + '/api/v1/session', {data: {user, password}});
const page = await context.newPage();
await page.goto(origin + path);
const Builder = axe.default ?? axe;
const violations = (await new Builder({page}).analyze()).violations.map(v => v.id);
const result = {title: await page.title(), address: page.url().slice(origin.length), licences: await page.locator('input[name=license]').count(), violations};
await page.locator('input[name=license]').first().check();
const [started] = await Promise.all([page.waitForEvent('download'), page.click('text=Download')]);
result.name = started.suggestedFilename();
result.file = await started.path();
console.log(JSON.stringify(result));
process.stdin.resume();  // the file is there for as long as the browser is
process.stdin.on('end', () => browser.close());
