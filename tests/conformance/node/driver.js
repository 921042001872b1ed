// Drives cos-nodejs-sdk-v5, configured as its documentation shows, by way of a proxy: the endpoint itself.

'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const settings = JSON.parse(process.env.CONFORMANCE);
// The SDK keeps the ids of its uploads in the user's folder.
process.env.XDG_CONFIG_HOME = settings.folder;

const COS = require('cos-nodejs-sdk-v5');
const STS = require('qcloud-cos-sts');
const api = require('tencentcloud-sdk-nodejs-sts').sts.v20180813;
const { NotOffered, operations, check, equal, ETAG } = require('../javascript/operations.js');
const { configurations } = require('../javascript/configurations.js');
const { run } = require('../javascript/report.js');

const NAME = { Bucket: settings.bucket, Region: settings.region };
const MEGABYTE = 1 << 20;
const PAGE = 'http://page.example';

function client(more, port = settings.port) {
  return new COS({
    SecretId: settings.secret_id,
    SecretKey: settings.secret_key,
    Protocol: 'http:',
    ProgressInterval: 1,
    Proxy: `http://127.0.0.1:${port}`,
    ...more,
  });
}

const cos = client();

const ofSts = (SecretId, SecretKey, SecurityToken) =>
  client({ SecretId, SecretKey, SecurityToken }, settings.sts.port);

/** A request by a client that knows nothing of COS; the path goes out to the letter. */
function plain(method, url, body, headers, port = settings.port) {
  const [, host, target] = /^http:\/\/([^/]+)(.*)$/.exec(url);
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, method, path: target, headers: { Host: host, ...headers } },
      (answer) => {
        const pieces = [];
        answer.on('data', (piece) => pieces.push(piece));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode,
            headers: answer.headers,
            body: Buffer.concat(pieces).toString(),
          })
        );
      }
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Bytes of which no part is like another. */
function bytes(size) {
  const key = Buffer.alloc(16, 1);
  return crypto.createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

const file = (name) => path.join(settings.folder, name);

const context = {
  settings,
  cos,
  plain,
  plainTemporary: (method, url, body) => plain(method, url, body, {}, settings.temporary_port),
  text: (body) => body.toString(),
  other: (more) => client(more),
  temporary: (SecurityToken) => client({ SecurityToken }, settings.temporary_port),
  /** Keys of the official client, which speaks TLS alone, and a client that has them. */
  async keysOfSts() {
    const scope = ['PutObject', 'GetObject', 'HeadObject'].map((action) => ({
      action: `name/cos:${action}`,
      bucket: settings.bucket,
      region: settings.region,
      prefix: 'inside/*',
    }));
    const issued = [];
    for (const policy of [settings.sts.policy, STS.getPolicy(scope)]) {
      const { credentials, expiredTime, startTime } = await STS.getCredential({
        secretId: settings.secret_id,
        secretKey: settings.secret_key,
        host: `127.0.0.1:${settings.sts.calls_by_tls}`,
        durationSeconds: 1800,
        region: settings.region,
        policy,
      });
      equal(expiredTime - startTime, 1800);
      const { tmpSecretId, tmpSecretKey, sessionToken } = credentials;
      issued.push(ofSts(tmpSecretId, tmpSecretKey, sessionToken));
    }
    return issued;
  },

  /** Clients with keys from the client of API 3.0, each of its signatures. */
  async keysOfApi() {
    const issued = [];
    for (const signMethod of ['TC3-HMAC-SHA256', 'HmacSHA1', 'HmacSHA256']) {
      const sts = new api.Client({
        credential: { secretId: settings.secret_id, secretKey: settings.secret_key },
        region: settings.region,
        profile: {
          signMethod,
          httpProfile: { protocol: 'http://', endpoint: `127.0.0.1:${settings.sts.calls}` },
        },
      });
      const asked = {
        Name: 'conformance',
        Policy: encodeURIComponent(JSON.stringify(settings.sts.policy)),
      };
      const { Credentials } = await sts.GetFederationToken({ ...asked, DurationSeconds: 1800 });
      equal((await sts.GetCallerIdentity({})).Type, 'CAMUser');
      const refused = await sts.GetFederationToken({ ...asked, DurationSeconds: 7201 }).then(
        () => 'granted',
        (error) => error.code
      );
      equal(refused, 'InvalidParameter.OverTimeError');
      const { TmpSecretId, TmpSecretKey, Token } = Credentials;
      issued.push(ofSts(TmpSecretId, TmpSecretKey, Token));
    }
    return issued;
  },

  plainSts: (method, url, body) => plain(method, url, body, {}, settings.sts.port),

  async advance(by) {
    const json = { 'Content-Type': 'application/json', 'Content-Length': `{"advance":"${by}"}`.length };
    const url = `http://127.0.0.1:${settings.sts.control}/clock`;
    const answer = await plain('POST', url, `{"advance":"${by}"}`, json, settings.sts.control);
    equal(answer.status, 200);
  },

  service: () => cos.getService(),
  needsNoRule: () => {},
  needsRawPaths: () => {},

  upload(Key, size, more) {
    fs.writeFileSync(file('up'), bytes(size));
    return cos.uploadFile({ ...NAME, Key, FilePath: file('up'), SliceSize: MEGABYTE, ...more });
  },

  async holds(Key, size) {
    const { Body } = await cos.getObject({ ...NAME, Key });
    return Body.equals(bytes(size));
  },

  async download() {
    await this.upload('download', 20 * MEGABYTE + 5, {});
    const FilePath = file('down');
    await cos.downloadFile({ ...NAME, Key: 'download', FilePath, ChunkSize: 2 * MEGABYTE });
    check(fs.readFileSync(FilePath).equals(bytes(20 * MEGABYTE + 5)), 'other bytes came down');
  },

  async cors() {
    const CORSRules = [
      {
        ID: 'page',
        AllowedOrigins: [PAGE],
        AllowedMethods: ['PUT', 'GET'],
        AllowedHeaders: ['x-cos-meta-*', 'content-type'],
        ExposeHeaders: ['ETag'],
        MaxAgeSeconds: '600',
      },
    ];
    await cos.putBucketCors({ ...NAME, CORSRules });
    equal((await cos.getBucketCors(NAME)).CORSRules, CORSRules);
    await cos.putObject({ ...NAME, Key: 'cors', Body: 'text' });
    const url = cos.getObjectUrl({ ...NAME, Key: 'cors', Sign: true }, () => {});
    const answer = await plain('GET', url, undefined, { Origin: PAGE });
    equal(answer.headers['access-control-allow-origin'], PAGE);
    equal([answer.headers.etag, answer.headers['access-control-expose-headers']], [ETAG, 'ETag']);
    const other = await plain('GET', url, undefined, { Origin: 'http://other.example' });
    equal(other.headers['access-control-allow-origin'], undefined);
    await cos.deleteBucketCors(NAME);
    equal((await cos.getBucketCors(NAME)).CORSRules, []);
  },

  async preflight() {
    const CORSRules = [
      { AllowedOrigins: [PAGE], AllowedMethods: ['PUT'], AllowedHeaders: ['x-cos-meta-*'] },
    ];
    await cos.putBucketCors({ ...NAME, CORSRules });
    const ask = (Origin, AccessControlRequestMethod, AccessControlRequestHeaders) =>
      cos.optionsObject({
        ...NAME,
        Key: 'preflight',
        Origin,
        AccessControlRequestMethod,
        AccessControlRequestHeaders,
      });
    const allowed = await ask(PAGE, 'PUT', 'x-cos-meta-colour');
    equal([allowed.statusCode, allowed.AccessControlAllowOrigin], [200, PAGE]);
    check(allowed.AccessControlAllowMethods.includes('PUT'));
    for (const asked of [
      ['http://other.example', 'PUT', 'x-cos-meta-colour'],
      [PAGE, 'DELETE', 'x-cos-meta-colour'],
      [PAGE, 'PUT', 'x-other'],
    ]) {
      const refused = await ask(...asked);
      equal([refused.statusCode, refused.OptionsForbidden], [403, true]);
    }
    await cos.deleteBucketCors(NAME);
  },

  crossOrigin() {
    throw new NotOffered('no page');
  },

  postForm() {
    throw new NotOffered('no call for POST Object');
  },

  async referers(url) {
    const from = async (Referer) => (await plain('GET', url, undefined, { Referer })).status;
    equal(await from('http://www.example.com/page'), 200);
    equal(await from('http://other.example/'), 403);
  },
};

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const versionOf = (name) => `${name} ${require(`${name}/package.json`).version}`;
say({
  sdk: 'cos-nodejs-sdk-v5',
  version: COS.version,
  runtime: `Node ${process.version.slice(1)}`,
  sts: ['qcloud-cos-sts', 'tencentcloud-sdk-nodejs-sts'].map(versionOf).join(', '),
});
run({ ...operations(context), ...configurations(context) }, say).then(() => process.exit(0));
