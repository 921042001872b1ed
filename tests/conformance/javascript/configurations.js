// Access control, tags, versions, CORS, and what is stored for a bucket and comes back as it was.

'use strict';

(function (exports, { NotOffered, check, equal, contains, refused }) {
  function configurations(context) {
    const { settings, cos, plain, text } = context;
    const NAME = { Bucket: settings.bucket, Region: settings.region };
    const HOST = `${settings.bucket}.cos.${settings.region}.myqcloud.com`;

    const call = (name, more) => cos[name]({ ...NAME, ...more });
    const put = (Key, Body, more) => call('putObject', { Key, Body, ...more });
    const body = async (Key, more) => text((await call('getObject', { Key, ...more })).Body);

    const of = {};

    of['bucket-acl'] = async () => {
      for (const [ACL, permissions] of [
        ['public-read', ['FULL_CONTROL', 'READ']],
        ['public-read-write', ['FULL_CONTROL', 'READ', 'WRITE']],
        ['private', ['FULL_CONTROL']],
      ]) {
        await call('putBucketAcl', { ACL });
        const data = await call('getBucketAcl');
        equal(data.ACL, ACL);
        equal(data.Grants.map((grant) => grant.Permission).sort(), permissions);
      }
      const GrantRead = 'id="qcs::cam::uin/1001:uin/1001"';
      await call('putBucketAcl', { GrantRead });
      equal((await call('getBucketAcl')).GrantRead, GrantRead);
      await call('putBucketAcl', { ACL: 'private' });
      await refused(400, 'InvalidArgument', call('putBucketAcl', { ACL: 'public' }));
    };

    of['object-acl'] = async () => {
      const url = `http://${HOST}/object-acl`;
      await put('object-acl', 'text');
      equal((await plain('GET', url)).status, 403);
      await call('putObjectAcl', { Key: 'object-acl', ACL: 'public-read' });
      equal((await call('getObjectAcl', { Key: 'object-acl' })).ACL, 'public-read');
      equal((await plain('GET', url)).body, 'text');
      await call('putObjectAcl', { Key: 'object-acl', ACL: 'private' });
      const { Grants } = await call('getObjectAcl', { Key: 'object-acl' });
      equal(Grants.map((grant) => grant.Permission), ['FULL_CONTROL']);
      equal((await plain('GET', url)).status, 403);
    };

    of['bucket-tagging'] = async () => {
      const Tags = [{ Key: 'colour', Value: 'blue' }, { Key: 'size', Value: '2' }];
      await call('putBucketTagging', { Tags });
      equal((await call('getBucketTagging')).Tags, Tags);
      equal((await call('deleteBucketTagging')).statusCode, 204);
      const absent = await call('getBucketTagging');
      equal([absent.statusCode, absent.Tags], [404, []]);
    };

    of['object-tagging'] = async () => {
      const Key = 'object-tagging';
      const Tags = [{ Key: 'colour', Value: 'blue' }];
      await put(Key, 'text');
      await call('putObjectTagging', { Key, Tags });
      equal((await call('getObjectTagging', { Key })).Tags, Tags);
      equal((await call('headObject', { Key })).headers['x-cos-tagging-count'], '1');
      await call('deleteObjectTagging', { Key });
      equal((await call('getObjectTagging', { Key })).Tags, []);
      await refused(404, 'NoSuchKey', call('putObjectTagging', { Key: 'absent', Tags }));
    };

    const version = (Status) =>
      call('putBucketVersioning', { VersioningConfiguration: { Status } });

    /** Between a bucket whose versioning is enabled and one whose is suspended. */
    const versioned = (test) => async () => {
      await version('Enabled');
      try {
        await test();
      } finally {
        await version('Suspended');
      }
    };

    of['versioning'] = versioned(async () => {
      const { VersioningConfiguration } = await call('getBucketVersioning');
      equal(VersioningConfiguration.Status, 'Enabled');
      const Key = 'versioning';
      const first = (await put(Key, 'one')).headers['x-cos-version-id'];
      const second = (await put(Key, 'two')).headers['x-cos-version-id'];
      check(first && second && first !== second, `${first}, ${second}`);
      equal(await body(Key), 'two');
      equal(await body(Key, { VersionId: first }), 'one');
      const head = await call('headObject', { Key, VersionId: first });
      equal(head.headers['x-cos-version-id'], first);
      await call('deleteObject', { Key, VersionId: second });
      equal(await body(Key), 'one');
      await refused(404, 'NoSuchVersion', body(Key, { VersionId: second }));
    });

    of['versions-list'] = versioned(async () => {
      for (const said of ['one', 'two']) await put('versions-list', said);
      const data = await call('listObjectVersions', { Prefix: 'versions-list' });
      equal(data.Versions.map((entry) => [entry.IsLatest, entry.Size]), [['true', '3'], ['false', '3']]);
      const first = await call('listObjectVersions', { Prefix: 'versions-list', MaxKeys: 1 });
      equal(first.IsTruncated, 'true');
      const rest = await call('listObjectVersions', {
        Prefix: 'versions-list',
        KeyMarker: first.NextKeyMarker,
        VersionIdMarker: first.NextVersionIdMarker,
      });
      equal(rest.Versions.map((entry) => entry.IsLatest), ['false']);
    });

    of['delete-markers'] = versioned(async () => {
      const Key = 'delete-markers';
      await put(Key, 'text');
      const { headers } = await call('deleteObject', { Key });
      equal(headers['x-cos-delete-marker'], 'true');
      await refused(404, 'NoSuchKey', body(Key));
      const [marker] = (await call('listObjectVersions', { Prefix: Key })).DeleteMarkers;
      equal([marker.IsLatest, marker.VersionId], ['true', headers['x-cos-version-id']]);
      await call('deleteObject', { Key, VersionId: marker.VersionId });
      equal(await body(Key), 'text');
    });

    of['cors'] = () => context.cors();
    of['preflight'] = () => context.preflight();
    of['cross-origin'] = () => context.crossOrigin();
    of['post-form'] = () => context.postForm();

    of['policy'] = async () => {
      await put('policy/a', 'text');
      const Policy = {
        version: '2.0',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { qcs: ['qcs::cam::anyone:anyone'] },
            Action: ['name/cos:GetObject'],
            Resource: [`qcs::cos:${settings.region}:uid/1250000000:${settings.bucket}/policy/*`],
          },
        ],
      };
      await call('putBucketPolicy', { Policy });
      equal((await call('getBucketPolicy')).Policy.Statement, Policy.Statement);
      equal((await plain('GET', `http://${HOST}/policy/a`)).body, 'text');
      equal((await plain('GET', `http://${HOST}/other`)).status, 403);
      await call('deleteBucketPolicy');
      equal((await plain('GET', `http://${HOST}/policy/a`)).status, 403);
    };

    of['referer'] = async () => {
      const RefererConfiguration = {
        Status: 'Enabled',
        RefererType: 'White-List',
        DomainList: { Domains: ['*.example.com', 'page.example'] },
        EmptyReferConfiguration: 'Allow',
      };
      await call('putBucketReferer', { RefererConfiguration });
      contains((await call('getBucketReferer')).RefererConfiguration, RefererConfiguration);
      await put('referer', 'text', { ACL: 'public-read' });
      await context.referers(`http://${HOST}/referer`);
      const off = { ...RefererConfiguration, Status: 'Disabled' };
      await call('putBucketReferer', { RefererConfiguration: off });
      equal((await call('getBucketReferer')).RefererConfiguration.Status, 'Disabled');
    };

    of['lifecycle'] = async () => {
      const Rules = [
        {
          ID: 'logs',
          Filter: { Prefix: 'logs/' },
          Status: 'Enabled',
          Expiration: { Days: '365' },
        },
      ];
      await call('putBucketLifecycle', { Rules });
      contains((await call('getBucketLifecycle')).Rules, Rules);
      await call('deleteBucketLifecycle');
      equal((await call('getBucketLifecycle')).Rules, []);
    };

    of['website'] = async () => {
      const WebsiteConfiguration = {
        IndexDocument: { Suffix: 'index.html' },
        ErrorDocument: { Key: 'error.html' },
        RoutingRules: [
          {
            Condition: { HttpErrorCodeReturnedEquals: '404' },
            Redirect: { Protocol: 'https', ReplaceKeyWith: '404.html' },
          },
        ],
      };
      await call('putBucketWebsite', { WebsiteConfiguration });
      contains((await call('getBucketWebsite')).WebsiteConfiguration, WebsiteConfiguration);
      await call('deleteBucketWebsite');
      equal((await call('getBucketWebsite')).WebsiteConfiguration, {});
    };

    of['logging'] = async () => {
      const LoggingEnabled = { TargetBucket: settings.bucket, TargetPrefix: 'logs/' };
      await call('putBucketLogging', { BucketLoggingStatus: { LoggingEnabled } });
      equal((await call('getBucketLogging')).BucketLoggingStatus, { LoggingEnabled });
      await call('putBucketLogging', { BucketLoggingStatus: '' });
      equal((await call('getBucketLogging')).BucketLoggingStatus, '');
    };

    of['encryption'] = async () => {
      const Rule = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }];
      await call('putBucketEncryption', { ServerSideEncryptionConfiguration: { Rule } });
      await call('getBucketEncryption');
      await put('encryption', 'text');
      const { headers } = await call('headObject', { Key: 'encryption' });
      equal(headers['x-cos-server-side-encryption'], 'AES256');
      await call('deleteBucketEncryption');
      equal((await call('getBucketEncryption')).EncryptionConfiguration.Rules, []);
    };

    of['inventory'] = async () => {
      const InventoryConfiguration = {
        Id: 'list1',
        IsEnabled: 'true',
        Destination: {
          COSBucketDestination: {
            Format: 'CSV',
            AccountId: '100000000001',
            Bucket: `qcs::cos:${settings.region}::${settings.bucket}`,
            Prefix: 'inventory',
          },
        },
        Schedule: { Frequency: 'Daily' },
        Filter: { Prefix: 'logs/' },
        IncludedObjectVersions: 'All',
        OptionalFields: ['Size', 'ETag'],
      };
      await call('putBucketInventory', { Id: 'list1', InventoryConfiguration });
      const data = await call('getBucketInventory', { Id: 'list1' });
      contains(data.InventoryConfiguration, InventoryConfiguration);
      const { InventoryConfigurations } = await call('listBucketInventory');
      equal(InventoryConfigurations.map((entry) => entry.Id), ['list1']);
      await call('deleteBucketInventory', { Id: 'list1' });
      const error = await call('getBucketInventory', { Id: 'list1' }).catch((error) => error);
      equal(error.statusCode, 404);
    };

    of['domain'] = async () => {
      const DomainRule = [{ Status: 'ENABLED', Name: 'www.page.example', Type: 'REST' }];
      await call('putBucketDomain', { DomainRule });
      equal((await call('getBucketDomain')).DomainRule, DomainRule);
      await call('deleteBucketDomain');
      // One SDK makes an empty list of the refusal, the other hands it on.
      const absent = await call('getBucketDomain').catch((error) => error);
      equal([absent.statusCode, absent.DomainRule || []], [404, []]);
    };

    of['origin'] = async () => {
      const OriginRule = [
        {
          RulePriority: '1',
          OriginType: 'Mirror',
          OriginCondition: { HTTPStatusCode: '404', Prefix: 'mirror/' },
          OriginParameter: { Protocol: 'HTTP', FollowQueryString: 'true' },
          OriginInfo: { HostInfo: { HostName: 'page.example' } },
        },
      ];
      await call('putBucketOrigin', { OriginRule });
      contains((await call('getBucketOrigin')).OriginRule, OriginRule);
      await call('deleteBucketOrigin');
      const error = await call('getBucketOrigin').catch((error) => error);
      equal(error.statusCode, 404);
    };

    of['replication'] = async () => {
      const ReplicationConfiguration = {
        Role: 'qcs::cam::uin/100000000001:uin/100000000001',
        Rules: [
          {
            ID: 'elsewhere',
            Status: 'Enabled',
            Prefix: 'replicated/',
            Destination: { Bucket: 'qcs::cos:ap-beijing::elsewhere-1250000000' },
          },
        ],
      };
      await version('Enabled');
      await call('putBucketReplication', { ReplicationConfiguration });
      const data = await call('getBucketReplication');
      contains(data.ReplicationConfiguration, ReplicationConfiguration);
      await call('deleteBucketReplication');
      const absent = call('getBucketReplication');
      await refused(404, 'ReplicationConfigurationNotFoundError', absent);
      await version('Suspended');
    };

    of['accelerate'] = async () => {
      for (const Status of ['Enabled', 'Suspended']) {
        const AccelerateConfiguration = { Status, Type: 'COS' };
        await call('putBucketAccelerate', { AccelerateConfiguration });
        contains((await call('getBucketAccelerate')).AccelerateConfiguration, { Status, Type: 'COS' });
      }
    };

    return of;
  }

  Object.assign(exports, { configurations });
})(
  typeof window === 'undefined' ? module.exports : window.conformance,
  typeof window === 'undefined' ? require('./operations.js') : window.conformance
);
