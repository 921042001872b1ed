// How a driver runs its operations and what it says of them.

'use strict';

(function (exports, { NotOffered }) {
  const LONGEST = 90;

  function limited(promise) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no end after ${LONGEST} s`)), LONGEST * 1000);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  function detail(error) {
    const said = error.message || error.code || JSON.stringify(error);
    const code = error.statusCode ? ` (${error.statusCode} ${error.code})` : '';
    const lines = String(error.stack).split('\n');
    const line = lines.find((line) => /(operations|configurations|driver|page)\.js/.test(line));
    return `${said}${code}${line ? line.replace(/^\s*at (.* )?\(?.*\//, ' at ') : ''}`.slice(0, 600);
  }

  /** Runs every operation and says one line for each. */
  async function run(operations, say) {
    for (const [operation, test] of Object.entries(operations)) {
      try {
        await limited(test());
        say({ operation, result: 'pass' });
      } catch (error) {
        const result = error instanceof NotOffered ? 'not offered' : 'fail';
        say({ operation, result, detail: result === 'fail' ? detail(error) : error.message });
      }
    }
  }

  Object.assign(exports, { run });
})(
  typeof window === 'undefined' ? module.exports : window.conformance,
  typeof window === 'undefined' ? require('./operations.js') : window.conformance
);
