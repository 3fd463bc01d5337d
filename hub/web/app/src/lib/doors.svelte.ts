/** The doors of this phone, when it has several: which one the pages show, and what the others have to say meanwhile. */
import { t } from '../i18n/speech.svelte';
import * as api from './api';
import { logPage } from './entrance';
import * as keep from './keep';
import { isUrgent } from './urgent';
import type { Event, State } from './wire';

/** One door, as its hub told it. */
export interface Door {
  device: string;
  name: string; // as its people call it; empty when they do not
  own: boolean; // this phone is the one that it obeys
  state: State | null;
  online: boolean;
  calls: readonly Event[]; // for help, newest first; of the door that is shown the household knows more
}

class Doors {
  all = $state.raw<readonly Door[]>([]);
  shown = $state(''); // the device whose pages these are
  #at = $state.raw<ReadonlyMap<string, string>>(new Map()); // deliveries, and the devices that they are of

  get several() {
    return this.all.length > 1;
  }

  get others(): readonly Door[] {
    return this.all.filter((d) => d.device !== this.shown);
  }

  /** Which doors there are. */
  begin(kept: readonly keep.Device[], shown: string) {
    this.shown = shown;
    this.all = kept
      .map((d) => ({ device: d.device, name: d.called ?? '', own: !d.seat, state: null, online: false, calls: [] }))
      .toSorted((a, b) => a.name.localeCompare(b.name) || a.device.localeCompare(b.device));
  }

  /** What somebody calls a door. Only the first that a phone had may have no name yet. */
  called(device: string): string {
    return this.all.find((d) => d.device === device)?.name || t('doors.unnamed');
  }

  /** The name of the door that is shown. */
  get name(): string {
    return this.called(this.shown);
  }

  #change(device: string, change: (d: Door) => Partial<Door>) {
    this.all = this.all.map((d) => (d.device === device ? { ...d, ...change(d) } : d));
  }

  /** Takes the hub's answer to who we are, and all deliveries. */
  told(me: api.Me, deliveries: readonly api.Delivery[]) {
    this.all = this.all.map((d) => {
      const { state = null, online = false } = me.devices.find((x) => x.id === d.device) ?? {};
      return { ...d, state, online };
    });
    this.#at = new Map(deliveries.map((d) => [d.delivery, d.device]));
  }

  stands(device: string, state: State) {
    this.#change(device, () => ({ state }));
  }

  reached(device: string, online: boolean) {
    this.#change(device, () => ({ online }));
  }

  /** We have no place at a door any more: it is not told how it stands, nor who calls there. */
  over(device: string) {
    this.#change(device, () => ({ state: null, online: false, calls: [] }));
  }

  hears(e: Event) {
    const device = e.id.slice(0, e.id.lastIndexOf('/'));
    if (isUrgent(e) && device !== this.shown) this.#change(device, (d) => ({ calls: [e, ...d.calls.filter((c) => c.index !== e.index)] }));
  }

  planned(d: api.Delivery) {
    this.#at = new Map([...this.#at, [d.delivery, d.device]]);
  }

  /** Asks whether anybody called for help at the other doors, while no page was there to hear. */
  async ask() {
    const look = async ({ device }: Door) => {
      for (const e of (await api.log(device, null, logPage)).toReversed()) this.hears(e);
    };
    // One that we have no place at any more says nothing of the rest.
    await Promise.all(this.others.map((d) => look(d).catch((error) => console.warn('another door:', error))));
  }

  /** Another of our doors that a delivery is for. */
  elsewhere(delivery: string): string | undefined {
    const device = this.#at.get(delivery);
    return this.others.find((d) => d.device === device)?.device;
  }

  /** Lets go of the door that is shown, and shows another. */
  async forget() {
    await keep.dropDevice(this.shown);
    this.go(this.others[0]?.device ?? '');
  }

  renamed(device: string, name: string) {
    this.#change(device, () => ({ name }));
  }

  /** Shows another door, from now on. All that a page knows is of one door, so it begins anew. */
  go(device: string, hash = '#/') {
    keep.show(device);
    history.replaceState(null, '', hash);
    location.reload();
  }
}

export const doors = new Doors();
