/** What happened, in the log's and the timeline's words. One for each wire.Kind. */
import type { Kind } from '../lib/wire';
import type { Text } from './text';

export const kinds: Readonly<Record<Kind, Text>> = {
  started: { en: 'The device started.', fr: 'L’appareil a démarré.' },
  paired: { en: 'A phone was paired with the door.', fr: 'Un téléphone a été associé à la porte.' },
  pass_accepted: { en: 'The device accepted a planned delivery.', fr: 'L’appareil a accepté une livraison prévue.' },
  pass_refused: { en: 'The device refused a planned delivery.', fr: 'L’appareil a refusé une livraison prévue.' },
  cancelled: { en: 'The delivery was cancelled.', fr: 'La livraison a été annulée.' },
  amended: { en: 'The delivery window ends at another time now.', fr: 'Le créneau de livraison se termine désormais à une autre heure.' },
  window_opened: { en: 'The delivery window opened.', fr: 'Le créneau de livraison a commencé.' },
  window_closed: { en: 'The delivery window closed.', fr: 'Le créneau de livraison s’est terminé.' },
  camera_on: { en: 'The camera came on and sees the door.', fr: 'La caméra s’est allumée et voit la porte.' },
  camera_off: { en: 'The camera went off.', fr: 'La caméra s’est éteinte.' },
  camera_fault: { en: 'The camera does not see the door.', fr: 'La caméra ne voit pas la porte.' },
  camera_back: { en: 'The camera sees the door again.', fr: 'La caméra voit à nouveau la porte.' },
  stand_kept: { en: 'The device remembers the camera’s position.', fr: 'L’appareil a retenu la position de la caméra.' },
  code_refused: { en: 'A code was refused.', fr: 'Un code a été refusé.' },
  visit_started: { en: 'The code was accepted; the visit began.', fr: 'Le code a été accepté ; la visite a commencé.' },
  unlocked: { en: 'The door was unlocked.', fr: 'La porte a été déverrouillée.' },
  relocked: { en: 'The door is locked again.', fr: 'La porte est à nouveau verrouillée.' },
  door_opened: { en: 'The door opened.', fr: 'La porte s’est ouverte.' },
  beyond_doorway: { en: 'Somebody went further than the doorway.', fr: 'Quelqu’un est allé plus loin que l’entrée.' },
  door_shut: { en: 'The door was shut.', fr: 'La porte a été refermée.' },
  held_open: { en: 'The door has been open for too long.', fr: 'La porte est restée ouverte trop longtemps.' },
  forced_open: { en: 'The door was opened without being unlocked.', fr: 'La porte a été ouverte sans avoir été déverrouillée.' },
  visit_ended: { en: 'The visit ended; its code is dead.', fr: 'La visite est terminée ; son code ne vaut plus rien.' },
  duress: {
    en: 'The code was entered under duress: its last digit was one higher. The door opened as usual.',
    fr: 'Le code a été saisi sous la contrainte : son dernier chiffre était augmenté de un. La porte s’est ouverte comme d’habitude.',
  },
  panic: { en: 'Somebody called for help at the keypad.', fr: 'Quelqu’un a appelé à l’aide au clavier.' },
  exit_pressed: { en: 'The exit button inside was pressed.', fr: 'Le bouton de sortie, à l’intérieur, a été pressé.' },
  owner_locked: { en: 'The owner locked the door.', fr: 'Le propriétaire a verrouillé la porte.' },
  grant_added: { en: 'Somebody may act for the owner now.', fr: 'Quelqu’un peut désormais agir au nom du propriétaire.' },
  grant_revoked: { en: 'Somebody may no longer act for the owner.', fr: 'Quelqu’un ne peut plus agir au nom du propriétaire.' },
  tamper: { en: 'The device’s case was opened.', fr: 'Le boîtier de l’appareil a été ouvert.' },
  tamper_over: { en: 'The device’s case is shut again.', fr: 'Le boîtier de l’appareil est refermé.' },
  sensor_unsure: { en: 'The door’s sensors contradict one another.', fr: 'Les capteurs de la porte se contredisent.' },
  clock_jumped: { en: 'The device’s clock jumped.', fr: 'L’horloge de l’appareil a fait un saut.' },
  journal_broken: { en: 'The device could not write its log for a while.', fr: 'L’appareil n’a pas pu écrire son journal pendant un moment.' },
  viewer_joined: { en: 'Somebody began to watch.', fr: 'Quelqu’un a commencé à regarder.' },
  viewer_left: { en: 'Somebody stopped watching.', fr: 'Quelqu’un a cessé de regarder.' },
  viewer_refused: { en: 'Somebody was not allowed to watch.', fr: 'Quelqu’un n’a pas eu le droit de regarder.' },
  watchdog: { en: 'The device stood still and restarted itself.', fr: 'L’appareil s’est figé et a redémarré de lui-même.' },
  link_lost: { en: 'The device lost its connection.', fr: 'L’appareil a perdu sa connexion.' },
  link_back: { en: 'The device is connected again.', fr: 'L’appareil est à nouveau connecté.' },
};

/** Kinds that say the same with the person who looks at the page as their subject. */
export const byYou: Readonly<Partial<Record<Kind, Text>>> = {
  paired: { en: 'You paired this phone with the door.', fr: 'Vous avez associé ce téléphone à la porte.' },
  stand_kept: { en: 'You had the device remember the camera’s position.', fr: 'Vous avez fait retenir la position de la caméra.' },
  grant_added: { en: 'You may act for the owner now.', fr: 'Vous pouvez désormais agir au nom du propriétaire.' },
  grant_revoked: { en: 'You may no longer act for the owner.', fr: 'Vous ne pouvez plus agir au nom du propriétaire.' },
  viewer_joined: { en: 'You began to watch.', fr: 'Vous avez commencé à regarder.' },
  viewer_left: { en: 'You stopped watching.', fr: 'Vous avez cessé de regarder.' },
  viewer_refused: { en: 'You were not allowed to watch.', fr: 'Vous n’avez pas eu le droit de regarder.' },
};

/** What an alarm means and what to do now. */
export const alarms: Readonly<Partial<Record<Kind, { said: Text; todo: Text }>>> = {
  held_open: {
    said: { en: 'The door is held open', fr: 'La porte reste ouverte' },
    todo: { en: 'It cannot lock until somebody shuts it.', fr: 'Elle ne peut pas se verrouiller tant que personne ne la ferme.' },
  },
  forced_open: {
    said: { en: 'The door was forced', fr: 'La porte a été forcée' },
    todo: { en: 'It opened without an unlock. Look, call somebody near, or the police.', fr: 'Elle s’est ouverte sans déverrouillage. Regardez, appelez un proche ou la police.' },
  },
  duress: {
    said: { en: 'Your courier may be in danger', fr: 'Votre livreur est peut-être en danger' },
    todo: {
      en: 'The code was typed in its form for danger. Nothing at the door shows that you were told: do not ring the courier. Call the police, and watch.',
      fr: 'Le code a été saisi dans sa forme d’alerte. Rien à la porte ne montre que vous êtes prévenu : n’appelez pas le livreur. Appelez la police, et regardez.',
    },
  },
  panic: {
    said: { en: 'Somebody calls for help at the door', fr: 'Quelqu’un appelle à l’aide à la porte' },
    todo: {
      en: '# was held at the keypad. The way out is free. Call the courier, somebody near, or the police.',
      fr: 'La touche # a été maintenue au clavier. La sortie reste libre. Appelez le livreur, un proche ou la police.',
    },
  },
  tamper: {
    said: { en: 'The device’s case was opened', fr: 'Le boîtier de l’appareil a été ouvert' },
    todo: {
      en: 'Look at the device. No code opens the door until a new delivery window begins with the case shut.',
      fr: 'Allez voir l’appareil. Aucun code n’ouvre la porte avant qu’un nouveau créneau commence, boîtier fermé.',
    },
  },
  journal_broken: {
    said: { en: 'The log could not be written', fr: 'Le journal n’a pas pu être écrit' },
    todo: { en: 'The door stays shut until it can. Check the device’s storage.', fr: 'La porte reste fermée d’ici là. Vérifiez le stockage de l’appareil.' },
  },
};
