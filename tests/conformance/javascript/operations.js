// What is asked of cos-nodejs-sdk-v5 and cos-js-sdk-v5, whose calls are the same. `context` holds what differs: how a
// body is made and read, a plain HTTP client, how a transfer is started.

'use strict';

(function (exports) {
  class NotOffered extends Error {}

  // The ETag of `text`.
  const ETAG = '"1cb251ec0d568de6a929b520c4aed8d1"';
  const MEGABYTE = 1 << 20;

  function show(value) {
    return JSON.stringify(value);
  }

  /** The same tree with its names in order: documents of the two SDKs have them in different ones. */
  function ordered(value) {
    if (Array.isArray(value)) return value.map(ordered);
    if (!value || typeof value !== 'object') return value;
    return Object.fromEntries(Object.keys(value).sort().map((name) => [name, ordered(value[name])]));
  }

  function check(holds, message) {
    if (!holds) throw new Error(message || 'it does not hold');
  }

  function equal(found, expected) {
    check(show(ordered(found)) === show(ordered(expected)), `expected ${show(expected)}, got ${show(found)}`);
  }

  /** Whether a tree has what another has, and may have more. */
  function contains(found, expected) {
    if (typeof expected !== 'object') return equal(found, expected);
    for (const name of Object.keys(expected)) {
      check(found && name in found, `no ${name} in ${show(found)}`);
      contains(found[name], expected[name]);
    }
  }

  /** Waits for a refusal; the statusCode and code that the SDK read of it. */
  async function refused(status, code, promise) {
    let answer;
    try {
      answer = await promise;
    } catch (error) {
      equal([error.statusCode, error.code], [status, code]);
      return error;
    }
    throw new Error(`expected ${status} ${code}, it was accepted: ${show(answer.statusCode)}`);
  }

  /** The operations of docs/conformance.md, by name. */
  function operations(context) {
    const { settings, cos, plain, text } = context;
    const NAME = { Bucket: settings.bucket, Region: settings.region };
    const HOST = `${settings.bucket}.cos.${settings.region}.myqcloud.com`;

    const call = (name, more) => cos[name]({ ...NAME, ...more });
    const put = (Key, Body, more) => call('putObject', { Key, Body, ...more });
    const body = async (Key, more, from) =>
      text((await (from || cos).getObject({ ...NAME, Key, ...more })).Body);
    const presigned = (Method, Key, more, from) =>
      new Promise((resolve, reject) =>
        (from || cos).getObjectUrl({ ...NAME, Key, Method, Sign: true, ...more }, (error, data) =>
          error ? reject(error) : resolve(data.Url)
        )
      );
    const exists = (Key) =>
      call('headObject', { Key }).then(
        () => true,
        (error) => (error.statusCode === 404 ? false : Promise.reject(error))
      );
    const keysOf = (data) => data.Contents.map((entry) => entry.Key);
    const later = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

    const of = {};

    of['service'] = async () => {
      const { Buckets, Owner } = await context.service();
      const [found] = Buckets.filter((bucket) => bucket.Name === settings.bucket);
      equal(found.Location, settings.region);
      check(Owner.ID.startsWith('qcs::cam::uin/'));
    };

    of['bucket'] = async () => {
      context.needsNoRule('a bucket that has no CORS rule yet');
      const another = { Bucket: 'another-1250000000' };
      await call('putBucket', another);
      equal((await call('headBucket', another)).statusCode, 200);
      await refused(409, 'BucketAlreadyOwnedByYou', call('putBucket', another));
      await put('exampleobject', 'text', another);
      await refused(409, 'BucketNotEmpty', call('deleteBucket', another));
      await call('deleteObject', { ...another, Key: 'exampleobject' });
      equal((await call('deleteBucket', another)).statusCode, 204);
      await refused(404, 'NoSuchBucket', call('getObject', { ...another, Key: 'exampleobject' }));
    };

    of['location'] = async () => {
      equal((await call('getBucketLocation')).LocationConstraint, settings.region);
    };

    of['put'] = async () => {
      const answer = await put('put', 'text', {
        ContentType: 'application/json; charset=utf-8',
        CacheControl: 'max-age=600',
        StorageClass: 'STANDARD_IA',
        'x-cos-meta-colour': 'light blue',
      });
      equal(answer.ETag, ETAG);
      check(/^\d+$/.test(answer.headers['x-cos-hash-crc64ecma']));
      check(answer.RequestId);
      contains((await call('headObject', { Key: 'put' })).headers, {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'max-age=600',
        'x-cos-storage-class': 'STANDARD_IA',
        'x-cos-meta-colour': 'light blue',
      });
      await put('put', '');
      equal((await call('headObject', { Key: 'put' })).headers['content-length'], '0');
    };

    of['get'] = async () => {
      await put('get', 'text', { ContentType: 'text/plain' });
      const answer = await call('getObject', { Key: 'get', ResponseContentType: 'text/html' });
      equal(text(answer.Body), 'text');
      equal([answer.ETag, answer.headers['content-type']], [ETAG, 'text/html']);
    };

    of['head'] = async () => {
      await put('head', 'text');
      const answer = await call('headObject', { Key: 'head' });
      contains(answer.headers, { 'content-length': '4', 'x-cos-object-type': 'normal' });
      equal(answer.ETag, ETAG);
      check(!(await exists('absent')));
    };

    of['delete'] = async () => {
      await put('delete', 'text');
      equal((await call('deleteObject', { Key: 'delete' })).statusCode, 204);
      check(!(await exists('delete')));
      await call('deleteObject', { Key: 'delete' });
    };

    of['presigned-put'] = async () => {
      const answer = await plain('PUT', await presigned('PUT', 'presigned-put'), 'text');
      equal([answer.status, answer.headers.etag], [200, ETAG]);
      equal(await body('presigned-put'), 'text');
      const Headers = { 'x-cos-meta-colour': 'blue' };
      const url = await presigned('PUT', 'presigned-put', { Headers });
      equal((await plain('PUT', url, 'text', Headers)).status, 200);
      const changed = await plain('PUT', url, 'text', { 'x-cos-meta-colour': 'red' });
      equal(changed.status, 403);
      check(changed.body.includes('<Code>SignatureDoesNotMatch</Code>'), changed.body);
    };

    of['presigned-get'] = async () => {
      await put('presigned-get', 'text');
      const url = await presigned('GET', 'presigned-get');
      const answer = await plain('GET', url);
      equal([answer.status, answer.body], [200, 'text']);
      equal((await plain('GET', url, undefined, { Range: 'bytes=1-2' })).body, 'ex');
      const Query = { 'response-content-disposition': 'attachment; filename=a b.txt' };
      const named = await plain('GET', await presigned('GET', 'presigned-get', { Query }));
      equal(named.headers['content-disposition'], Query['response-content-disposition']);
      equal((await plain('PUT', url, 'other')).status, 403);
      equal((await plain('GET', url.replace('presigned-get', 'other'))).status, 403);
    };

    of['presigned-head'] = async () => {
      await put('presigned-head', 'text');
      const answer = await plain('HEAD', await presigned('HEAD', 'presigned-head'));
      equal([answer.status, answer.headers['content-length'], answer.body], [200, '4', '']);
      const absent = await plain('HEAD', await presigned('HEAD', 'absent'));
      equal([absent.status, absent.body], [404, '']);
    };

    of['presigned-delete'] = async () => {
      await put('presigned-delete', 'text');
      equal((await plain('DELETE', await presigned('DELETE', 'presigned-delete'))).status, 204);
      check(!(await exists('presigned-delete')));
    };

    of['token'] = async () => {
      const temporary = context.temporary(settings.token);
      await temporary.putObject({ ...NAME, Key: 'token', Body: 'text' });
      equal(await body('token', {}, temporary), 'text');
      for (const wrong of [undefined, 'another']) {
        await refused(403, 'InvalidAccessKeyId', body('token', {}, context.temporary(wrong)));
      }
    };

    of['token-presigned'] = async () => {
      // What the SDK appends is not percent-encoded: a token that needs it cannot be used so.
      const temporary = context.temporary(encodeURIComponent(settings.token));
      const url = (method) => presigned(method, 'token-presigned', {}, temporary);
      equal((await context.plainTemporary('PUT', await url('PUT'), 'text')).status, 200);
      equal((await context.plainTemporary('GET', await url('GET'))).body, 'text');
      const without = (await url('GET')).replace(/&x-cos-security-token=[^&]*/, '');
      equal((await context.plainTemporary('GET', without)).status, 403);
    };

    async function insideAlone(temporary) {
      for (const Key of ['inside/a', 'inside/b c']) {
        await temporary.putObject({ ...NAME, Key, Body: 'text' });
        equal(await body(Key, {}, temporary), 'text');
      }
      for (const Key of ['outside', 'insider', 'inside']) {
        await refused(403, 'AccessDenied', temporary.putObject({ ...NAME, Key, Body: 'text' }));
      }
      await refused(403, 'AccessDenied', temporary.deleteObject({ ...NAME, Key: 'inside/a' }));
    }

    async function keysOfSts() {
      if (!context.keysOfSts) throw new NotOffered('a page asks its server for keys, not STS');
      return context.keysOfSts();
    }

    of['sts-api'] = async () => {
      if (!context.keysOfApi) throw new NotOffered('a page asks its server for keys, not STS');
      for (const temporary of await context.keysOfApi()) await insideAlone(temporary);
    };

    of['sts'] = async () => {
      for (const temporary of await keysOfSts()) await insideAlone(temporary);
    };

    of['sts-presigned'] = async () => {
      const [temporary] = await keysOfSts();
      const url = (method, key) => presigned(method, key, {}, temporary);
      equal((await context.plainSts('PUT', await url('PUT', 'inside/p'), 'text')).status, 200);
      equal((await context.plainSts('GET', await url('GET', 'inside/p'))).body, 'text');
      equal((await context.plainSts('PUT', await url('PUT', 'outside'), 'text')).status, 403);
    };

    of['sts-ended'] = async () => {
      const [temporary] = await keysOfSts();
      const url = await presigned('PUT', 'inside/e', { Expires: 86400 }, temporary);
      await insideAlone(temporary);
      await context.advance('1801s');
      try {
        const upload = temporary.putObject({ ...NAME, Key: 'inside/e', Body: 'text' });
        await refused(403, 'InvalidAccessKeyId', upload);
        const answer = await context.plainSts('PUT', url, 'text');
        check(answer.status === 403 && answer.body.includes('<Code>InvalidAccessKeyId</Code>'));
      } finally {
        await context.advance('-1801s');
      }
    };

    async function eachKey(keys) {
      for (const [number, key] of keys.entries()) {
        const said = `${number} ${key}`;
        await put(key, said);
        equal(await body(key), said);
        equal((await plain('GET', await presigned('GET', key))).body, said);
        equal((await plain('PUT', await presigned('PUT', key), 'text')).status, 200);
        equal((await call('headObject', { Key: key })).ETag, ETAG);
        const listed = await call('getBucket', { Prefix: key, EncodingType: 'url' });
        const found = keysOf(listed).map(decodeURIComponent);
        check(found.includes(key), `${show(key)} is not in ${show(found)}`);
        await call('deleteObject', { Key: key });
        check(!(await exists(key)), `${show(key)} is still there`);
      }
    }

    of['keys'] = () => eachKey(settings.keys);
    of['dot-keys'] = () => {
      context.needsRawPaths('URL parsers of browsers take `./` out of a path');
      return eachKey(settings.dot_keys);
    };

    of['range'] = async () => {
      await put('range', '0123456789');
      for (const [Range, told, said] of [
        ['bytes=2-4', 'bytes 2-4/10', '234'],
        ['bytes=7-', 'bytes 7-9/10', '789'],
        ['bytes=-2', 'bytes 8-9/10', '89'],
        ['bytes=8-99', 'bytes 8-9/10', '89'],
      ]) {
        const answer = await call('getObject', { Key: 'range', Range });
        equal([text(answer.Body), answer.headers['content-range']], [said, told]);
      }
      const beyond = { Key: 'range', Range: 'bytes=10-' };
      await refused(416, 'InvalidRange', call('getObject', beyond));
    };

    of['conditions'] = async () => {
      await put('conditions', 'text');
      equal(await body('conditions', { IfMatch: ETAG }), 'text');
      await refused(412, 'PreconditionFailed', body('conditions', { IfMatch: '"other"' }));
      equal(await body('conditions', { IfNoneMatch: '"other"' }), 'text');
      const same = await body('conditions', { IfNoneMatch: ETAG }).catch((error) => error);
      equal(same.statusCode, 304);
      const IfModifiedSince = 'Thu, 16 May 2097 06:45:51 GMT';
      const answer = await call('getObject', { Key: 'conditions', IfModifiedSince });
      equal(answer.NotModified, true);
    };

    of['errors'] = async () => {
      const error = await refused(404, 'NoSuchKey', body('absent'));
      equal(error.message, 'The specified key does not exist.');
      equal(error.error.Resource, `${HOST}/absent`);
      check(error.error.RequestId && error.error.TraceId);
      await refused(403, 'SignatureDoesNotMatch', body('absent', {}, context.other({ SecretKey: 'another' })));
      await refused(403, 'InvalidAccessKeyId', body('absent', {}, context.other({ SecretId: 'AKIDUNKNOWN' })));
      const anonymous = await plain('GET', `http://${HOST}/absent`);
      equal(anonymous.status, 403);
    };

    of['list'] = async () => {
      for (const key of ['list/b', 'list/a', 'list/照片']) await put(key, key);
      const data = await call('getBucket', { Prefix: 'list/' });
      equal(keysOf(data), ['list/a', 'list/b', 'list/照片']);
      contains(data, { Name: settings.bucket, Prefix: 'list/', IsTruncated: 'false' });
      equal(data.Contents[0].Size, '6');
    };

    of['list-delimiter'] = async () => {
      for (const key of ['tree/a/1', 'tree/a/2', 'tree/b/3', 'tree/c']) await put(key, '');
      const data = await call('getBucket', { Prefix: 'tree/', Delimiter: '/' });
      equal(data.CommonPrefixes.map((entry) => entry.Prefix), ['tree/a/', 'tree/b/']);
      equal(keysOf(data), ['tree/c']);
    };

    of['list-pages'] = async () => {
      const expected = [0, 1, 2, 3, 4, 5, 6].map((number) => `pages/${number}`);
      for (const key of expected) await put(key, '');
      const found = [];
      let Marker = '';
      let pages = 0;
      for (let more = true; more; pages += 1) {
        const data = await call('getBucket', { Prefix: 'pages/', MaxKeys: 3, Marker });
        found.push(...keysOf(data));
        more = data.IsTruncated === 'true';
        Marker = data.NextMarker;
      }
      equal([found, pages], [expected, 3]);
    };

    of['delete-multiple'] = async () => {
      const keys = ['multiple/a b', 'multiple/照片', 'multiple/<&>'];
      for (const key of keys) await put(key, '');
      const Objects = [...keys, 'multiple/absent'].map((Key) => ({ Key }));
      const data = await call('deleteMultipleObject', { Objects });
      equal(data.Deleted.map((entry) => entry.Key), [...keys, 'multiple/absent']);
      equal(keysOf(await call('getBucket', { Prefix: 'multiple/' })), []);
    };

    of['upload'] = async () => {
      const answer = await context.upload('上传/20 MiB', 20 * MEGABYTE, {});
      check(answer.ETag.endsWith('-20"'), answer.ETag);
      const head = await call('headObject', { Key: '上传/20 MiB' });
      equal(head.headers['x-cos-hash-crc64ecma'], answer.headers['x-cos-hash-crc64ecma']);
      check(await context.holds('上传/20 MiB', 20 * MEGABYTE), 'other bytes came back');
    };

    of['upload-resumed'] = async () => {
      const Key = 'upload-resumed';
      const arguments_ = { AsyncLimit: 1, ChunkSize: 2 * MEGABYTE, SliceSize: MEGABYTE };
      let task;
      let stopped = false;
      // A cancelled task calls nobody back.
      context
        .upload(Key, 20 * MEGABYTE, {
          ...arguments_,
          onTaskReady: (id) => (task = id),
          onProgress: ({ loaded }) => {
            if (loaded < 6 * MEGABYTE || stopped) return;
            stopped = true;
            cos.cancelTask(task);
          },
        })
        .catch(() => {});
      for (let turn = 0; !stopped && turn < 300; turn += 1) await later(0.1);
      check(stopped, 'the upload was not interrupted');
      await later(0.5);
      const [begun, ...others] = (await call('multipartList', { Prefix: Key })).Upload;
      equal(others.length, 0);
      const there = await call('multipartListPart', { Key, UploadId: begun.UploadId });
      check(there.Part.length > 0, 'no part was kept');
      let sent = 0;
      const count = (request) => {
        if (/[?&]partNumber=/.test(request.url) || (request.qs && request.qs.partNumber)) sent += 1;
      };
      cos.on('before-send', count);
      const answer = await context.upload(Key, 20 * MEGABYTE, arguments_);
      cos.off('before-send', count);
      equal(answer.UploadId, begun.UploadId);
      equal(sent, 10 - there.Part.length);
      check(await context.holds(Key, 20 * MEGABYTE), 'other bytes came back');
      equal((await call('multipartList', { Prefix: Key })).Upload.length, 0);
    };

    of['download'] = () => context.download(`${HOST}`);
    of['download-resumed'] = async () => {
      throw new NotOffered('downloadFile keeps no record of what it has');
    };

    const source = (key) => `${HOST}/${encodeURIComponent(key).replace(/%2F/g, '/')}`;

    of['copy'] = async () => {
      await put('原文/a b+c', 'text', { 'x-cos-meta-colour': 'blue' });
      const answer = await call('putObjectCopy', { Key: 'copy', CopySource: source('原文/a b+c') });
      equal(answer.ETag, ETAG);
      equal((await call('headObject', { Key: 'copy' })).headers['x-cos-meta-colour'], 'blue');
      await call('putObjectCopy', {
        Key: 'copy',
        CopySource: source('原文/a b+c'),
        MetadataDirective: 'Replaced',
        'x-cos-meta-size': '2',
      });
      const { headers } = await call('headObject', { Key: 'copy' });
      equal([headers['x-cos-meta-colour'], headers['x-cos-meta-size']], [undefined, '2']);
      equal(await body('copy'), 'text');
      const absent = call('putObjectCopy', { Key: 'copy', CopySource: source('absent') });
      await refused(404, 'NoSuchCopySource', absent);
    };

    of['copy-parts'] = async () => {
      await context.upload('copy-source', 12 * MEGABYTE, {});
      const answer = await call('sliceCopyFile', {
        Key: 'copy-parts',
        CopySource: source('copy-source'),
        CopySliceSize: MEGABYTE,
        CopyChunkSize: 5 * MEGABYTE,
      });
      check(answer.ETag.endsWith('-3"'), answer.ETag);
      check(await context.holds('copy-parts', 12 * MEGABYTE), 'other bytes came back');
    };

    of['append'] = async () => {
      const first = await call('appendObject', { Key: 'append', Position: 0, Body: 'first ' });
      equal(first.headers['x-cos-next-append-position'], '6');
      await call('appendObject', { Key: 'append', Position: 6, Body: 'second' });
      equal(await body('append'), 'first second');
      const again = call('appendObject', { Key: 'append', Position: 6, Body: 'third' });
      await refused(409, 'AppendPositionErr', again);
      await put('normal', 'text');
      const normal = call('appendObject', { Key: 'normal', Position: 4, Body: 'more' });
      await refused(409, 'ObjectNotAppendable', normal);
    };

    of['symlink'] = async () => {
      throw new NotOffered('no call for symlinks');
    };

    of['restore'] = async () => {
      const RestoreRequest = { Days: 1, CASJobParameters: { Tier: 'Expedited' } };
      await put('restore', 'text', { StorageClass: 'ARCHIVE' });
      await refused(403, 'InvalidObjectState', body('restore'));
      const answer = await call('restoreObject', { Key: 'restore', RestoreRequest });
      equal(Math.floor(answer.statusCode / 100), 2);
      const { headers } = await call('headObject', { Key: 'restore' });
      check(headers['x-cos-restore'].includes('ongoing-request='));
      await put('restore', 'text');
      const normal = call('restoreObject', { Key: 'restore', RestoreRequest });
      await refused(405, 'RestoreNonArchiveObject', normal);
    };

    of['sse-c'] = async () => {
      // Two keys of 32 bytes with the MD5 of each.
      const key = (key, md5) => ({
        'x-cos-server-side-encryption-customer-algorithm': 'AES256',
        'x-cos-server-side-encryption-customer-key': key,
        'x-cos-server-side-encryption-customer-key-MD5': md5,
      });
      const right = key('MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=', 'hRasmdxgYDKV3nvbahU1MA==');
      const wrong = key('YW5vdGhlciBrZXkgaGVyZWFub3RoZXIga2V5IGhlcmU=', 'bK6a3LlqcvDze0uU55pNgw==');
      await put('sse-c', 'text', { Headers: { ...right } });
      equal(await body('sse-c', { Headers: { ...right } }), 'text');
      for (const Headers of [{ ...wrong }, {}]) {
        const error = await body('sse-c', { Headers }).then(
          () => new Error('accepted'),
          (error) => error
        );
        check([400, 403].includes(error.statusCode), `another key: ${show(error.statusCode)}`);
      }
    };

    return of;
  }

  Object.assign(exports, { NotOffered, operations, check, equal, contains, refused, ETAG });
})(typeof window === 'undefined' ? module.exports : (window.conformance = {}));
