// Draws the app's icons as PNG, from the same shapes as public/icon.svg: a door frame and a pane
// of reeded glass. Run by hand (npm run icons) when the drawing changes; the files are committed.
import { writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const paper = [12, 102, 86];
const frame = [255, 255, 255];
const glass = [
  [233, 240, 237],
  [180, 198, 191],
];

/** Distance from a point to a rounded box around (cx, cy); negative inside. */
function box(x, y, cx, cy, w, h, r) {
  const dx = Math.abs(x - cx) - w / 2 + r;
  const dy = Math.abs(y - cy) - h / 2 + r;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - r;
}

const mix = (a, b, t) => a.map((v, i) => v + (b[i] - v) * t);

/** The colour at a place of the 512 x 512 drawing. scale shrinks the door, for masked icons. */
function colour(x, y, scale, corner) {
  const edge = box(x, y, 256, 256, 512, 512, corner);
  if (edge > 0) return [0, 0, 0, 0];
  const [u, v] = [(x - 256) / scale + 256, (y - 256) / scale + 256];
  let c = paper;
  if (box(u, v, 256, 264, 236, 352, 28) < 0) c = frame;
  if (box(u, v, 256, 264, 180, 296, 8) < 0) {
    const reed = (((u - 166) / 36) % 1 + 1) % 1;
    c = mix(mix(glass[0], glass[1], (v - 116) / 300), reed < 0.5 ? [255, 255, 255] : paper, reed < 0.5 ? 0.5 - reed : (reed - 0.5) * 0.35);
  }
  if (box(u, v, 322, 276, 20, 64, 10) < 0) c = paper;
  return [...c, 255];
}

function png(size, scale, corner) {
  const n = 4; // samples a side
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const sum = [0, 0, 0, 0];
      for (let i = 0; i < n * n; i++) {
        const px = ((x + ((i % n) + 0.5) / n) / size) * 512;
        const py = ((y + (Math.floor(i / n) + 0.5) / n) / size) * 512;
        const c = colour(px, py, scale, corner);
        for (let k = 0; k < 3; k++) sum[k] += (c[k] * c[3]) / 255;
        sum[3] += c[3];
      }
      const at = y * (size * 4 + 1) + 1 + x * 4;
      const alpha = sum[3] / (n * n);
      for (let k = 0; k < 3; k++) rows[at + k] = alpha ? Math.round((sum[k] / (n * n)) * (255 / alpha)) : 0;
      rows[at + 3] = Math.round(alpha);
    }
  }
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body) >>> 0, body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const folder = new URL('../public/', import.meta.url);
const save = (name, bytes) => writeFileSync(new URL(name, folder), bytes);
save('icon-192.png', png(192, 1, 96));
save('icon-512.png', png(512, 1, 96));
save('icon-mask.png', png(512, 0.8, 0));
save('icon-180.png', png(180, 0.92, 0)); // a phone that rounds corners itself
