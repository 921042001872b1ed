// The official Node SDK's side of `make bench-sign`: answers one line of JSON with one, as tests/python/bench.py says.

'use strict';

const readline = require('node:readline');
const COS = require('cos-nodejs-sdk-v5');

const workloads = new Map();

function prepare({ name, authorization, arguments: given, keys, region, secret_id, secret_key }) {
  const cos = new COS({ SecretId: secret_id, SecretKey: secret_key });
  const url = (key) =>
    cos.getObjectUrl({
      Bucket: given.Bucket,
      Region: region,
      Key: key,
      Method: given.Method,
      Query: given.Params,
      Headers: given.Headers,
      Expires: given.Expired,
      Sign: true,
    });
  const text = (key) =>
    cos.getAuth({
      Method: given.Method,
      Key: key,
      Query: given.Params,
      Headers: { ...given.Headers, Host: `${given.Bucket}.cos.${region}.myqcloud.com` },
      Expires: given.Expired,
    });
  workloads.set(name, { call: authorization ? text : url, keys });
  return {};
}

function measure({ call, keys }, seconds) {
  const microseconds = () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  };
  const start = microseconds();
  for (let urls = keys.length; ; urls += keys.length) {
    keys.forEach((key) => call(key));
    const spent = (microseconds() - start) / 1e6;
    if (spent >= seconds) return { urls, seconds: spent };
  }
}

function answer(request) {
  switch (request.do) {
    case 'version':
      return { version: `cos-nodejs-sdk-v5 ${COS.version}, Node ${process.versions.node}` };
    case 'prepare':
      return prepare(request.workload);
    case 'output':
      return { output: workloads.get(request.name).call(request.key) };
    default:
      return measure(workloads.get(request.name), request.seconds);
  }
}

readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`));
