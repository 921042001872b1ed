// What runs in the page: cos-js-sdk-v5 on the origin http://page.example, the endpoint on another. The driver exposes
// what a page's own server does (`allow`, `signPolicy`), a page on a third origin (`elsewhere`), and `told`.

'use strict';

(function () {
  const { NotOffered, operations, configurations, check, equal, refused, run, ETAG } = window.conformance;
  const settings = window.settings;
  const NAME = { Bucket: settings.bucket, Region: settings.region };
  const HOST = `${settings.bucket}.cos.${settings.region}.myqcloud.com`;
  const MEGABYTE = 1 << 20;
  const PAGE = 'http://page.example';

  function client(more) {
    return new COS({
      SecretId: settings.secret_id,
      SecretKey: settings.secret_key,
      Protocol: 'http:',
      ProgressInterval: 1,
      ...more,
    });
  }

  const cos = client();

  /** A request by a client that knows nothing of COS. */
  async function plain(method, url, body, headers) {
    const answer = await fetch(url, { method, body, headers, cache: 'no-store' });
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: await answer.text(),
    };
  }

  /** Whether the browser keeps the answer from the page. */
  const isBlocked = (promise) => promise.then(() => false, (error) => error instanceof TypeError);

  /** Bytes of which no part is like another. */
  function bytes(size) {
    const words = new Uint32Array(Math.ceil(size / 4));
    let state = 1;
    for (let index = 0; index < words.length; index += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[index] = state;
    }
    return new Uint8Array(words.buffer, 0, size);
  }

  const presigned = (Method, Key) => cos.getObjectUrl({ ...NAME, Key, Method, Sign: true }, () => {});

  /** A form as a page makes one: the fields, then the file. */
  async function form(key, more, conditions) {
    const fields = { key, ...more, ...(await window.signPolicy(key, conditions || [])) };
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    data.append('file', new Blob(['text'], { type: 'text/plain' }), 'a b.txt');
    return data;
  }

  const post = (body) => plain('POST', `http://${HOST}/`, body);

  /** Sends a form as a browser does without any script; the address that it ends at. */
  function submit(data) {
    const frame = document.createElement('iframe');
    frame.name = 'target';
    const element = document.createElement('form');
    Object.assign(element, {
      action: `http://${HOST}/`,
      method: 'post',
      enctype: 'multipart/form-data',
      target: 'target',
    });
    for (const [name, value] of data) {
      const input = document.createElement('input');
      input.name = name;
      if (value instanceof File) {
        input.type = 'file';
        const files = new DataTransfer();
        files.items.add(value);
        input.files = files.files;
      } else {
        input.type = 'hidden';
        input.value = value;
      }
      element.append(input);
    }
    document.body.append(frame, element);
    return new Promise((resolve, reject) => {
      frame.onload = () => {
        try {
          if (frame.contentWindow.location.href !== 'about:blank') resolve(frame.contentWindow.location.href);
        } catch (error) {
          reject(error);
        }
      };
      element.submit();
    });
  }

  const context = {
    settings,
    cos,
    plain,
    plainTemporary: (method, url, body) => plain(method, url, body),
    text: (body) => body,
    other: (more) => client(more),
    temporary: (SecurityToken) =>
      client({ SecurityToken, Domain: '{Bucket}.cos.{Region}.tencentcos.cn' }),
    service: async () => {
      throw new NotOffered('a page cannot: the service host has no CORS rules');
    },
    needsNoRule: (what) => {
      throw new NotOffered(`a page cannot: ${what}`);
    },
    needsRawPaths: (why) => {
      throw new NotOffered(`a page cannot: ${why}`);
    },

    upload: (Key, size, more) =>
      cos.uploadFile({ ...NAME, Key, Body: new Blob([bytes(size)]), SliceSize: MEGABYTE, ...more }),

    async holds(Key, size) {
      const { Body } = await cos.getObject({ ...NAME, Key, DataType: 'arraybuffer' });
      const found = new Uint8Array(Body);
      const expected = bytes(size);
      return found.length === size && found.every((byte, index) => byte === expected[index]);
    },

    async download() {
      throw new NotOffered('no downloader');
    },

    async cors() {
      const CORSRules = [
        {
          ID: 'page',
          AllowedOrigins: [PAGE],
          AllowedMethods: ['PUT', 'GET', 'DELETE'],
          AllowedHeaders: ['*'],
          ExposeHeaders: ['ETag', 'x-cos-request-id'],
          MaxAgeSeconds: '5',
        },
      ];
      await cos.putBucketCors({ ...NAME, CORSRules });
      equal((await cos.getBucketCors(NAME)).CORSRules, CORSRules);
      await cos.deleteBucketCors(NAME);
      check(await isBlocked(plain('GET', `http://${HOST}/absent`)), 'a page got in without a rule');
      await window.allow();
      equal((await plain('GET', `http://${HOST}/absent`)).status, 403);
    },

    async preflight() {
      const rule = {
        AllowedOrigins: [PAGE],
        AllowedMethods: ['PUT'],
        AllowedHeaders: ['x-cos-meta-colour'],
        ExposeHeaders: ['ETag'],
      };
      await cos.putBucketCors({ ...NAME, CORSRules: [rule] });
      const url = presigned('PUT', 'preflight');
      const answer = await plain('PUT', url, 'text', { 'x-cos-meta-colour': 'blue' });
      equal([answer.status, answer.headers.etag], [200, ETAG]);
      check(await isBlocked(plain('PUT', url, 'text', { 'x-cos-meta-size': '2' })), 'another header');
      check(await isBlocked(plain('DELETE', presigned('DELETE', 'preflight'))), 'another method');
      await window.allow();
    },

    async crossOrigin() {
      const url = presigned('PUT', 'cross-origin');
      const answer = await plain('PUT', url, new Blob(['text']));
      equal([answer.status, answer.headers.etag], [200, ETAG]);
      check(!('server' in answer.headers), 'a header that is not exposed can be read');
      equal((await plain('GET', presigned('GET', 'cross-origin'))).body, 'text');
      equal(await window.elsewhere('PUT', url), 'blocked');
      equal(await window.elsewhere('GET', presigned('GET', 'cross-origin')), 'blocked');
    },

    async postForm() {
      const answer = await post(await form('form/${filename}', {}, [['starts-with', '$key', 'form/']]));
      check([200, 204].includes(answer.status), `${answer.status} ${answer.body}`);
      equal(answer.headers.etag, ETAG);
      const head = await cos.headObject({ ...NAME, Key: 'form/a b.txt' });
      equal(head.ETag, ETAG);
      const status = { success_action_status: '201' };
      equal((await post(await form('form/201', status, [status]))).status, 201);
      const long = await post(await form('form/long', {}, [['content-length-range', 10, 20]]));
      equal(long.status, 400);
      const other = await form('form/other');
      other.set('key', 'form/changed');
      const changed = await post(other);
      equal(changed.status, 403);
      check(changed.body.includes('<Code>AccessDenied</Code>'), changed.body);
      const redirect = { success_action_redirect: `${PAGE}/done` };
      const ended = new URL(await submit(await form('form/redirect', redirect, [redirect])));
      equal([ended.origin, ended.pathname], [PAGE, '/done']);
      const { bucket, key, etag } = Object.fromEntries(ended.searchParams);
      equal([bucket, key, etag], [settings.bucket, 'form/redirect', ETAG]);
      const file = { ...NAME, Key: 'form/redirect' };
      equal((await cos.getObject(file)).Body, 'text');
      await refused(404, 'NoSuchKey', cos.getObject({ ...NAME, Key: 'form/changed' }));
    },

    async referers(url) {
      equal((await plain('GET', url)).status, 200);
      equal(await window.statusWithReferer(url, 'http://www.example.com/page'), 200);
      equal(await window.statusWithReferer(url, 'http://other.example/'), 403);
    },
  };

  window.start = () =>
    run({ ...operations(context), ...configurations(context) }, (what) => window.told(what));
})();
