// Prints test results as TAP lines and counts them.

let count = 0;
let failed = 0;

export function ok(isOk, what, ...details) {
  count += 1;
  failed += isOk ? 0 : 1;
  console.log(`${isOk ? "ok" : "not ok"} ${count} - ${what}`);
  if (!isOk) for (const detail of details) note(detail);
  return isOk;
}

export function equal(got, want, what) {
  return ok(Object.is(got, want), what, `got  ${JSON.stringify(got)}`, `want ${JSON.stringify(want)}`);
}

export function note(detail) {
  const text = typeof detail === "string" ? detail : JSON.stringify(detail, null, 1);
  for (const line of text.split("\n")) console.log(`#   ${line}`);
}

export function skip(what, why) {
  count += 1;
  console.log(`ok ${count} - ${what} # SKIP ${why}`);
}

// Runs one test: what it throws is its failure, and the next one goes on.
export async function check(what, run) {
  try {
    await run();
    return ok(true, what);
  } catch (error) {
    return ok(false, what, String(error.stack ?? error).slice(0, 2000));
  }
}

// Prints the plan and the summary; returns the exit status.
export function finish(suite, started) {
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`1..${count}`);
  console.log(`# ${suite}: ${count - failed} passed, ${failed} failed, ${seconds} s`);
  return failed ? 1 : 0;
}
