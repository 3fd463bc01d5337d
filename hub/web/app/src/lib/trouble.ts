/** Every failure in words for the person who meets it. */
import { becauses } from '../i18n/kinds';
import { reasons, unknownReason } from '../i18n/reasons';
import type { Text, Values } from '../i18n/text';
import { words } from '../i18n/words';
import { HubError, Refused, Unreachable } from './api';
import { UnfitBrowser } from './keep';
import { SignatureError } from './note';
import type { Event, No, Reason } from './wire';

export interface Trouble {
  code: string;
  said: Text;
  todo: Text | null;
  values?: () => Values; // in the language of the page, whatever it is by then
}

export const why = (reason: string) => reasons[reason as Reason] ?? unknownReason;

/** Why an event happened, where that says more than the event does. */
export const because = (e: Event): Text | null => {
  if (!e.reason || e.kind === 'tamper') return null;
  return becauses[e.kind]?.[e.reason] ?? why(e.reason).said;
};

/** A device's no. */
export const noTrouble = (no: No): Trouble => ({ code: no.reason, ...why(no.reason) });

export function trouble(error: unknown): Trouble {
  if (error instanceof Refused) return noTrouble(error.no);
  if (error instanceof HubError) {
    return { code: error.code, said: error.text ?? words['trouble.hub'], todo: error.text ? null : words['trouble.hub.do'] };
  }
  if (error instanceof Unreachable) {
    return { code: 'unreachable', said: words['trouble.unreachable'], todo: words['trouble.unreachable.do'] };
  }
  if (error instanceof UnfitBrowser) {
    return { code: 'browser', said: words['trouble.browser'], todo: words['trouble.browser.do'] };
  }
  if (error instanceof SignatureError) {
    return { code: 'signature', said: words['trouble.signature'], todo: words['trouble.signature.do'] };
  }
  console.error(error);
  return { code: 'page', said: words['trouble.page'], todo: words['trouble.page.do'] };
}
