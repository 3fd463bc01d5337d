import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromBase64 } from '../src/lib/bytes';
import { unitOf } from '../src/lib/unit';

interface Case {
  what: string;
  unit: string;
  name: string;
  key: boolean;
}

// The cases are those of firmware/pipe.
test('an access unit is named as the device names it', async () => {
  const all = JSON.parse(readFileSync('../../../firmware/pipe/testdata/names.json', 'utf8')) as Case[];
  for (const { what, unit, name, key } of all) assert.deepEqual(await unitOf(fromBase64(unit)!), { name, key }, what);
});
