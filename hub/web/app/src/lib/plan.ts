/** Making a delivery: a secret that stays here, and a pass that the owner's key signs. */
import * as api from './api';
import { random, toBase32 } from './bytes';
import { newCode } from './code';
import { dropSecret, keepSecret, standFor, type Device, type Secret } from './keep';
import type { Signer } from './note';
import { signPass, type Mode } from './pass';
import { sealSecret } from './seal';
import type { Window } from './window';
import type { Polygon } from './zone';

/** What an owner asks for, or a member. */
export interface Wish extends Window {
  courier: string;
  mode: Mode;
  retention: number; // hours
  entries: number;
  offline: boolean;
  watched: boolean;
  camera: boolean;
  zones: readonly Polygon[];
  large: boolean; // they may take more than 60 % of the picture
  shadow: boolean;
  watchers: readonly string[]; // key ids; a member's pass names the owner
}

/** A delivery that is made and not sent. */
export interface Draft {
  secret: Secret;
  pass: string;
}

export const epoch = 1; // it rises when a home's keys are changed
const grace = 180; // seconds after the door shuts until the code is dead

export async function draft(wish: Wish, device: Device, signer: Signer): Promise<Draft> {
  const delivery = 'd-' + toBase32(random(10)); // 80 bits: nobody finds its notice by guessing
  const secret: Secret = { delivery, code: newCode(), key: random(16), courier: wish.courier, until: wish.until, zones: wish.zones };
  const pass = await signPass(
    {
      device: device.device,
      delivery,
      epoch,
      from: wish.from,
      until: wish.until,
      zones: wish.zones,
      large: wish.large,
      reference: standFor(device, wish.zones)?.sum ?? null,
      lamp: device.lamp,
      mode: wish.mode,
      shadow: wish.shadow,
      sealed: await sealSecret(secret.code, secret.key, device.device, delivery, device.seal),
      entries: wish.entries,
      grace,
      retention: wish.retention,
      watchers: [...wish.watchers],
      offline: wish.offline,
      watched: wish.watched,
      camera: wish.camera,
      nonce: random(16),
    },
    signer,
  );
  return { secret, pass };
}

/**
 * Keeps a draft's secret and hands its pass to the hub. A draft that the hub refuses for good is spoilt: after a lost
 * answer the same one can go again, and is one delivery however often it is sent.
 */
export async function place({ secret, pass }: Draft, spoilt: () => void): Promise<void> {
  await keepSecret(secret);
  try {
    await api.plan(pass, secret.courier ? { name: secret.courier } : {});
  } catch (error) {
    if (error instanceof api.HubError && error.status < 500) {
      await dropSecret(secret.delivery);
      spoilt();
    }
    throw error;
  }
}
