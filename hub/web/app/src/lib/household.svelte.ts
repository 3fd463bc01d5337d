/** What an owner's or a member's pages know: who we are, the door, its deliveries and its log, kept up to date. */
import * as api from './api';
import { fromBase64, random } from './bytes';
import { doors } from './doors.svelte';
import { arrive, enter, logPage, type Told } from './entrance';
import * as keep from './keep';
import type { Device } from './keep';
import { holds } from './members';
import { keyId, SignatureError, type Signer } from './note';
import { openGrant, openReference, signAmendment, signOrder, signTime, type Grant, type Order, type Right } from './pass';
import { people } from './people.svelte';
import { Retold } from './retold';
import { stream, type Stream } from './stream';
import { trouble, type Trouble } from './trouble';
import type { Event, State } from './wire';
import type { Polygon } from './zone';

export type Standing = 'starting' | 'unpaired' | 'joining' | 'ready' | 'failed' | 'stranger' | 'removed';

const afterLoading = 500; // ms
const askAgain = 60_000; // ms between words on the time, if the device keeps asking

/** Whether the hub says that we have no place at a door any more. Somebody with another door is told so of this one only. */
const isOver = (error: unknown): boolean => error instanceof api.HubError && ['access_over', 'other_device'].includes(error.code);

class Household {
  standing = $state<Standing>('starting');
  device = $state.raw<Device | null>(null); // as this phone pinned it
  key = $state.raw<Signer | null>(null);
  self = $state(''); // our own key's id
  name = $state(''); // as the household calls us
  grant = $state.raw<Grant | null>(null); // what the owner granted us; null for the owner
  joining = $state.raw<keep.Joining | null>(null); // the invitation that waits for the owner
  state = $state.raw<State | null>(null);
  online = $state(false); // the device reaches the hub
  since = $state.raw<Date | null>(null); // since when it does not, if the hub knows
  hub = $state(false); // we reach the hub
  deliveries = $state.raw<api.Delivery[]>([]);
  events = $state.raw<Event[]>([]); // newest first
  more = $state(false); // the log goes on
  now = $state(new Date());
  failure = $state.raw<Trouble | null>(null); // why the pages are closed

  #stream: Stream | undefined;
  #ticking = false;
  readonly #retold = new Retold();
  readonly #told = new Map<string, number>(); // when we last said what time it is, by door

  /** Whether what we know of the door is what is now. */
  get known() {
    return this.hub && this.online;
  }

  /** Whether this phone is the one that the device obeys. */
  get owns() {
    return this.device !== null && !this.device.seat;
  }

  /** Whether we may do something now, as far as the owner's word says. */
  may(right: Right): boolean {
    return this.owns || (this.grant !== null && this.grant.may.includes(right) && holds({ person: this.self, grant: this.grant, removed: null }, this.now));
  }

  /** Whether we may change or cancel a delivery. */
  changes(d: api.Delivery): boolean {
    return this.may('deliver') && (this.owns || d.by === this.self);
  }

  /** What the household calls somebody; empty for a stranger, and for the owner. */
  called(person: string | undefined): string {
    if (!person) return '';
    if (person === this.self) return this.name;
    return people.members.find((m) => m.person === person)?.grant.name ?? '';
  }

  /**
   * Logs in and follows the house. Safe to call again: after a failure it starts over. With a picture
   * to be shown, its call does not wait for the page.
   */
  async start(picture = false) {
    if (this.standing === 'removed') this.#shut();
    if (this.#stream) return;
    this.#tick();
    try {
      const { key, device, doors: all, told } = await arrive(picture);
      [this.key, this.device] = [key, device];
      doors.begin(all, device?.device ?? '');
      if (!told) {
        this.joining = (await keep.joining()) ?? null;
        this.standing = this.joining ? 'joining' : 'unpaired';
        return;
      }
      this.self = await keyId(key.pub);
      await this.refresh(told);
      this.standing = 'ready';
      this.#follow();
      void this.#waiting();
    } catch (error) {
      this.failure = trouble(error);
      if (isOver(error)) this.#leave();
      else this.standing = this.failure.code === 'owner_unknown' ? 'stranger' : 'failed';
    }
  }

  /** Looks for an invitation to one more door, that waits for its owner. */
  async #waiting() {
    const waits = await keep.joining().catch(() => undefined);
    if (waits && !doors.all.some((d) => d.device === waits.device)) this.joining = waits;
  }

  /** Shows a door that this phone has just got: by loading the pages anew if it has others, or by the page that is done. */
  async moveIn(device: string, done: () => void) {
    if ((await keep.devices()).length > 1) return doors.go(device);
    await this.start();
    done();
  }

  /** Comes back from an invitation that led to no other door. */
  back() {
    this.joining = null;
    if (this.#stream) this.standing = 'ready';
    else void this.start();
  }

  /** Asks for everything anew; told is what was asked for already. */
  async refresh(told?: Promise<Told>) {
    const device = this.device!.device;
    const all = (told ?? Promise.all([api.me(), api.deliveries(), api.log(device, null, logPage)])).then(async (told) => {
      await this.#seated(told[0]);
      return told;
    });
    await this.#retold.ask(all, ([me, deliveries, events]) => {
      const mine = me.devices.find((d) => d.id === device);
      this.name = me.name;
      this.state = mine?.state ?? null;
      this.#reached(mine?.online ?? false, mine?.since);
      this.deliveries = deliveries.filter((d) => d.device === device);
      doors.told(me, deliveries);
      for (const d of doors.all) void this.#tellTime(d.device, d.state);
      this.events = events;
      this.more = events.length === logPage;
    });
    // These are on no page that waits.
    void this.meet().catch((error) => console.warn('people:', error));
    void doors.ask();
    for (const d of doors.others.filter((d) => d.own)) void people.mend(d.device).catch((error) => console.warn('people:', error));
  }

  /** Asks for the people of an owner's door anew. */
  async meet() {
    if (this.owns) await people.load(this.device!, this.key!, this.name);
  }

  /** Checks what we were granted; the hub only carries it. */
  async #seated(me: api.Me) {
    const { device, seat } = this.device!;
    if (!seat) return;
    const note = me.devices.find((d) => d.id === device)?.grant;
    if (!note) throw new api.HubError(403, 'access_over', null);
    const grant = await openGrant(note, seat.owner);
    if (grant.device !== device || (await keyId(grant.key)) !== this.self) throw new SignatureError('the grant is not for this phone');
    this.grant = grant;
  }

  /** What the owner granted is over: nothing of this door is asked for or shown any more. Our others are followed still. */
  #leave() {
    [this.online, this.state, this.deliveries, this.events] = [false, null, [], []];
    this.standing = 'removed';
    if (!doors.several) return this.#shut();
    if (this.#stream) void this.#again();
    else this.#follow();
  }

  #shut() {
    this.#stream?.close();
    this.#stream = undefined;
    this.hub = false;
  }

  /** How our other doors are, when this one's pages are closed. */
  async #others() {
    await this.#retold.ask(Promise.all([api.me(), api.deliveries()]), ([me, deliveries]) => doors.told(me, deliveries));
    await doors.ask();
  }

  /** The next page of the log. */
  async older() {
    const last = this.events.at(-1);
    if (!last) return;
    const page = await api.log(this.device!.device, last.index, logPage);
    this.events = merge(this.events, page);
    this.more = page.length === logPage;
  }

  #follow() {
    let heard = false;
    const device = this.device!.device;
    this.#stream = stream(
      '/api/events',
      {
        event: (data) => {
          const e = data as Event;
          doors.hears(e);
          if (e.id.startsWith(device + '/')) this.#retold.tell(() => (this.events = merge(this.events, [e])));
        },
        state: (data) => {
          const news = data as { device: string; state: State };
          this.#retold.tell(() => {
            doors.stands(news.device, news.state);
            if (news.device === device) this.state = news.state;
          });
          void this.#tellTime(news.device, news.state);
        },
        online: (data) => {
          const news = data as { device: string; online: boolean; since?: string };
          this.#retold.tell(() => {
            doors.reached(news.device, news.online);
            if (news.device === device) this.#reached(news.online, news.since);
          });
        },
        people: (data) => {
          if ((data as { device: string }).device === device) void this.meet().catch((error) => console.warn('people:', error));
        },
        over: (data) => {
          const of = (data as { device: string }).device;
          if (of === device) this.#leave();
          else this.#retold.tell(() => doors.over(of));
        },
        delivery: (data) => {
          const news = data as api.Delivery;
          this.#retold.tell(() => {
            doors.planned(news);
            if (news.device === device) this.deliveries = [news, ...this.deliveries.filter((d) => d.delivery !== news.delivery)];
          });
        },
      },
      (is, refused) => {
        this.hub = is;
        // What happened while we could not hear, and before we first could. A session that is over begins anew, or we
        // were removed while this page slept. When the page loads the picture comes first, and little was missed.
        if (is || refused) setTimeout(() => this.#stream && void this.#again(), heard || refused ? 0 : afterLoading);
        heard ||= is;
      },
    );
  }

  #reached(online: boolean, since: string | undefined) {
    this.online = online;
    this.since = since ? new Date(since) : null;
  }

  async #again() {
    try {
      await enter(this.key!);
      await (this.standing === 'removed' ? this.#others() : this.refresh());
    } catch (error) {
      if (isOver(error)) return this.standing === 'removed' ? this.#shut() : this.#leave(); // of all doors, or of this one
      console.warn('the hub is there, but not all of it:', error);
    }
  }

  #tick() {
    if (this.#ticking) return;
    this.#ticking = true;
    setInterval(() => (this.now = new Date()), 1000);
  }

  find(delivery: string): api.Delivery | undefined {
    return this.deliveries.find((d) => d.delivery === delivery);
  }

  #sign(verb: Order['verb'], delivery: string): Promise<string> {
    return signOrder({ device: this.device!.device, verb, delivery, at: new Date(), nonce: random(16) }, this.key!);
  }

  /**
   * Says what time it is to a device that asks: after a power cut without a network it cannot know.
   * The word is good once and for seconds, so the hub, which carries it, cannot use it for anything else.
   */
  async #tellTime(device: string, state: State | null) {
    if (!doors.all.some((d) => d.own && d.device === device) || !state?.timeless || Date.now() - (this.#told.get(device) ?? 0) < askAgain) return;
    this.#told.set(device, Date.now());
    try {
      const { knock } = await api.letter(device, 'knock', { delivery: '' });
      const nonce = fromBase64(knock);
      if (nonce?.length !== 32) throw new SignatureError('no nonce');
      await api.letter(device, 'time', { word: await signTime({ device, at: new Date(), nonce }, this.key!) });
    } catch (error) {
      console.warn('the device was not told the time:', error);
    }
  }

  /** Signs an order and hands it to the hub for the device. */
  async order(verb: 'cancel' | 'lock', delivery: string) {
    await api.order(await this.#sign(verb, delivery));
    await this.refresh();
  }

  /** Has the device practise a cut; says when it begins, by the device's clock, and how long it lasts, both in ms. */
  async drill(delivery: string): Promise<{ clock: number; for: number }> {
    return await api.letter(this.device!.device, 'drill', { order: await this.#sign('drill', delivery) });
  }

  /** Signs that a delivery's window ends at another time, and hands it to the hub for the device. */
  async amend(delivery: string, until: Date) {
    const revision = (this.find(delivery)?.revision ?? 0) + 1;
    const device = this.device!.device;
    await api.amend(await signAmendment({ device, delivery, revision, until, at: new Date(), nonce: random(16) }, this.key!));
    this.deliveries = (await api.deliveries()).filter((d) => d.device === device);
  }

  /** Keeps something that the owner chose for the device. */
  async choose(chosen: Partial<Pick<Device, 'zones' | 'stand' | 'called'>>) {
    const device = { ...this.device!, ...chosen };
    await keep.keepDevice(device);
    this.device = device;
  }

  /** Has the device keep how its camera stands now, so that later passes ask for just that. */
  async remember(delivery: string) {
    const device = this.device!;
    const { reference } = await api.letter(device.device, 'remember', { order: await this.#sign('remember', delivery) });
    const kept = await openReference(reference, device.sign);
    if (kept.device !== device.device || kept.delivery !== delivery) throw new SignatureError('the reference is of something else');
    await this.choose({ stand: { sum: kept.sum, at: kept.at, zones: await this.signedZones(delivery) } });
  }

  /** The zones that a delivery was signed with, as far as this phone knows. */
  async signedZones(delivery: string): Promise<readonly Polygon[]> {
    return (await keep.secret(delivery))?.zones ?? this.device!.zones;
  }

  /** Later passes let the camera stand as it likes. */
  forget(): Promise<void> {
    return this.choose({ stand: undefined });
  }
}

/** Events newest first, each once. */
function merge(have: readonly Event[], more: readonly Event[]): Event[] {
  const all = new Map([...have, ...more].map((e) => [e.index, e]));
  return [...all.values()].sort((a, b) => b.index - a.index);
}

export const household = new Household();
