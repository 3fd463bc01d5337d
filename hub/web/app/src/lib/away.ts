/** What is out of reach, and since when: the device, or the hub; empty when neither is. */
import { t } from '../i18n/speech.svelte';
import { household } from './household.svelte';
import { clockSeconds } from './time';

export function away(): string {
  if (household.known) return '';
  if (!household.hub) return t('door.hub_away');
  return household.since ? t('door.away_since', { time: clockSeconds(household.since) }) : t('door.device_away');
}
