// Drives cos-js-sdk-v5 in the system's Chromium, headless: a page on http://page.example, the bucket on its own domain,
// both of which the browser finds on this machine. CORS is enforced by the browser as ever.

'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const puppeteer = require('puppeteer-core');

const settings = JSON.parse(process.env.CONFORMANCE);
const HOST = `${settings.bucket}.cos.${settings.region}.myqcloud.com`;
const TEMPORARY_HOST = `${settings.bucket}.cos.${settings.region}.tencentcos.cn`;

const FOLDER = path.dirname(require.resolve('cos-js-sdk-v5/package.json'));
const VERSION = JSON.parse(fs.readFileSync(path.join(FOLDER, 'package.json'))).version;

const FILES = {
  '/': path.join(__dirname, 'page.html'),
  '/page.js': path.join(__dirname, 'page.js'),
  '/operations.js': path.join(__dirname, '../javascript/operations.js'),
  '/configurations.js': path.join(__dirname, '../javascript/configurations.js'),
  '/report.js': path.join(__dirname, '../javascript/report.js'),
  '/sdk.js': path.join(FOLDER, 'dist/cos-js-sdk-v5.js'),
};

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

/** The server of the page; every page that it does not know is empty. */
function serve() {
  const server = http.createServer((request, response) => {
    const file = FILES[new URL(request.url, 'http://page.example').pathname];
    const type = request.url.endsWith('.js') ? 'text/javascript' : 'text/html';
    response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` });
    response.end(file ? fs.readFileSync(file) : '<!doctype html><title>empty</title>');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function request(port, host, method, target, body, headers) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path: target, headers: { Host: host, ...headers } };
    const sent = http.request(options, (answer) => {
      let said = '';
      answer.on('data', (piece) => (said += piece));
      answer.on('end', () => resolve({ status: answer.statusCode, body: said }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const READABLE = [
  'ETag', 'Content-Length', 'Content-Range', 'Content-Type', 'Content-Disposition', 'Cache-Control', 'Date',
  'x-cos-request-id', 'x-cos-hash-crc64ecma', 'x-cos-version-id', 'x-cos-delete-marker', 'x-cos-meta-colour',
  'x-cos-meta-size', 'x-cos-storage-class', 'x-cos-object-type', 'x-cos-next-append-position', 'x-cos-restore',
  'x-cos-tagging-count', 'x-cos-server-side-encryption', 'x-cos-acl',
];

const RULES =
  '<CORSConfiguration><CORSRule><AllowedOrigin>http://page.example</AllowedOrigin>' +
  ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'].map((name) => `<AllowedMethod>${name}</AllowedMethod>`).join('') +
  '<AllowedHeader>*</AllowedHeader>' +
  READABLE.map((name) => `<ExposeHeader>${name}</ExposeHeader>`).join('') +
  '<MaxAgeSeconds>1</MaxAgeSeconds></CORSRule></CORSConfiguration>';

/** Allows the page to reach a bucket, as its owner does; signed by the SDK that the page has loaded. */
async function allow(page, port, host, token) {
  const authorization = await page.evaluate(
    (SecretId, SecretKey, Host) =>
      COS.getAuthorization({ SecretId, SecretKey, Method: 'put', Pathname: '/', Query: { cors: '' }, Headers: { Host } }),
    settings.secret_id,
    settings.secret_key,
    host
  );
  const answer = await request(port, host, 'PUT', '/?cors=', RULES, {
    Authorization: authorization,
    'Content-Type': 'application/xml',
    'Content-MD5': crypto.createHash('md5').update(RULES).digest('base64'),
    ...(token ? { 'x-cos-security-token': token } : {}),
  });
  if (answer.status !== 200) throw new Error(`no CORS rules: ${answer.status} ${answer.body}`);
}

/** The fields of a form that its signature needs, as a page's server hands them out. */
function signPolicy(key, conditions) {
  const now = Math.floor(Date.now() / 1000);
  const time = `${now - 60};${now + 600}`;
  const fields = { 'q-sign-algorithm': 'sha1', 'q-ak': settings.secret_id };
  const keyCondition = conditions.some((condition) => condition[1] === '$key') ? [] : [{ key }];
  const policy = JSON.stringify({
    expiration: new Date((now + 600) * 1000).toISOString(),
    conditions: [
      { bucket: settings.bucket },
      ...keyCondition,
      ...conditions,
      { 'q-sign-algorithm': 'sha1' },
      { 'q-ak': settings.secret_id },
      { 'q-sign-time': time },
    ],
  });
  const mac = (secret, text) => crypto.createHmac('sha1', secret).update(text).digest('hex');
  const digest = crypto.createHash('sha1').update(policy).digest('hex');
  return {
    ...fields,
    policy: Buffer.from(policy).toString('base64'),
    'q-key-time': time,
    'q-signature': mac(mac(settings.secret_key, time), digest),
  };
}

async function main() {
  const server = await serve();
  const pages = server.address().port;
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    headless: true,
    userDataDir: path.join(settings.folder, 'profile'),
    // The page and the endpoint are this machine's own; a sandbox cannot be made by root.
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--no-proxy-server',
      '--host-resolver-rules=' +
        [
          `MAP *.myqcloud.com 127.0.0.1:${settings.port}`,
          `MAP *.tencentcos.cn 127.0.0.1:${settings.temporary_port}`,
          `MAP *.example 127.0.0.1:${pages}`,
        ].join(','),
    ],
  });
  try {
    say({
      sdk: 'cos-js-sdk-v5',
      version: VERSION,
      runtime: (await browser.version()).replace('/', ' '),
    });
    const other = await browser.newPage();
    await other.goto('http://other.example/empty');
    const page = await browser.newPage();
    // What is cached would stand for what the endpoint answers.
    await page.setCacheEnabled(false);
    page.on('pageerror', (error) => console.error(String(error)));
    await page.exposeFunction('told', say);
    await page.exposeFunction('signPolicy', signPolicy);
    await page.exposeFunction('allow', () => allow(page, settings.port, HOST));
    await page.exposeFunction('elsewhere', (method, url) =>
      other.evaluate(
        (method, url) => fetch(url, { method }).then(({ status }) => status, () => 'blocked'),
        method,
        url
      )
    );
    await page.exposeFunction('statusWithReferer', async (url, Referer) => {
      const { host, pathname } = new URL(url);
      return (await request(settings.port, host, 'GET', pathname, undefined, { Referer })).status;
    });
    await page.evaluateOnNewDocument((given) => (window.settings = given), settings);
    await page.goto('http://page.example/');
    await allow(page, settings.port, HOST);
    await allow(page, settings.temporary_port, TEMPORARY_HOST, settings.token);
    await page.evaluate(() => window.start());
  } finally {
    await browser.close();
    server.close();
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  }
);
