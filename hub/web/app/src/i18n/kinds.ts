/** What happened, in the log's and the timeline's words. One for each wire.Kind. */
import type { Kind, Reason } from '../lib/wire';
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
  camera_on: { en: 'The camera woke and sees the door.', fr: 'La caméra s’est réveillée et voit la porte.' },
  camera_off: { en: 'The camera went to sleep.', fr: 'La caméra s’est endormie.' },
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
  journal_broken: {
    en: 'The device could not write its log for a while, or not read what it had kept.',
    fr: 'L’appareil n’a pas pu écrire son journal pendant un moment, ou lire ce qu’il avait gardé.',
  },
  viewer_joined: { en: 'Somebody began to watch.', fr: 'Quelqu’un a commencé à regarder.' },
  viewer_left: { en: 'Somebody stopped watching.', fr: 'Quelqu’un a cessé de regarder.' },
  viewer_refused: { en: 'Somebody was not allowed to watch.', fr: 'Quelqu’un n’a pas eu le droit de regarder.' },
  watchdog: { en: 'The device stood still and restarted itself.', fr: 'L’appareil s’est figé et a redémarré de lui-même.' },
  link_lost: { en: 'The device lost its connection.', fr: 'L’appareil a perdu sa connexion.' },
  link_back: { en: 'The device is connected again.', fr: 'L’appareil est à nouveau connecté.' },
  drill_began: { en: 'Somebody practised a cut: the device cut itself off for 20 seconds.', fr: 'Quelqu’un s’est exercé à une coupure : l’appareil s’est coupé du réseau pendant 20 secondes.' },
  drill_ended: { en: 'The practised cut is over.', fr: 'La coupure d’exercice est terminée.' },
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
  drill_began: { en: 'You practised a cut: the device cut itself off for 20 seconds.', fr: 'Vous vous êtes exercé à une coupure : l’appareil s’est coupé du réseau pendant 20 secondes.' },
};

/** The same with somebody whom the household knows by name. */
export const byName: Readonly<Partial<Record<Kind, Text>>> = {
  grant_added: { en: '{name} may act for the owner now.', fr: '{name} peut désormais agir au nom du propriétaire.' },
  grant_revoked: { en: '{name} may no longer act for the owner.', fr: '{name} ne peut plus agir au nom du propriétaire.' },
  viewer_joined: { en: '{name} began to watch.', fr: '{name} a commencé à regarder.' },
  viewer_left: { en: '{name} stopped watching.', fr: '{name} a cessé de regarder.' },
  viewer_refused: { en: '{name} was not allowed to watch.', fr: '{name} n’a pas eu le droit de regarder.' },
  drill_began: { en: '{name} practised a cut: the device cut itself off for 20 seconds.', fr: '{name} s’est exercé à une coupure : l’appareil s’est coupé du réseau pendant 20 secondes.' },
};

/** Why, where a reason means something of its own for what happened. A device that says disk_trouble
 *  of an ending has lost what it had written down, and does not go on as if it had never been. */
export const becauses: Readonly<Partial<Record<Kind, Partial<Record<Reason, Text>>>>> = {
  started: {
    disk_trouble: {
      en: 'The last line of its log was cut off, as by a power cut.',
      fr: 'La dernière ligne de son journal était coupée, comme après une coupure de courant.',
    },
  },
  pass_refused: {
    disk_trouble: { en: 'The device cannot write it down. Check its storage.', fr: 'L’appareil ne peut pas l’enregistrer. Vérifiez son stockage.' },
  },
  cancelled: {
    disk_trouble: {
      en: 'The device’s storage lost how its window was last changed, so it ended. Plan it again if it is still to come.',
      fr: 'Le stockage de l’appareil a perdu la dernière modification du créneau ; la livraison a donc pris fin. Planifiez-la à nouveau si elle est encore attendue.',
    },
    not_granted: { en: 'Whoever planned it may no longer do so.', fr: 'La personne qui l’a planifiée n’en a plus le droit.' },
    grant_over: { en: 'Whoever planned it may no longer do so.', fr: 'La personne qui l’a planifiée n’en a plus le droit.' },
  },
  window_closed: {
    disk_trouble: {
      en: 'The device’s storage lost this delivery, so its code no longer opens. Plan it again if it is still to come.',
      fr: 'Le stockage de l’appareil a perdu cette livraison ; son code n’ouvre donc plus. Planifiez-la à nouveau si elle est encore attendue.',
    },
    not_granted: { en: 'Whoever planned it may no longer do so.', fr: 'La personne qui l’a planifiée n’en a plus le droit.' },
    grant_over: { en: 'Whoever planned it may no longer do so.', fr: 'La personne qui l’a planifiée n’en a plus le droit.' },
    old_epoch: { en: 'It was signed before the keys were changed.', fr: 'Elle a été signée avant le changement des clés.' },
  },
  grant_revoked: {
    disk_trouble: {
      en: 'The device’s storage lost what they were granted, so they may do nothing. Invite them again.',
      fr: 'Le stockage de l’appareil a perdu ce qui lui avait été accordé ; cette personne n’a donc plus aucun droit. Invitez-la à nouveau.',
    },
  },
  drill_ended: {
    offline: {
      en: 'The device did not reach the hub again within a minute.',
      fr: 'L’appareil n’a pas retrouvé le concentrateur en une minute.',
    },
    restarted: {
      en: 'The device was started anew meanwhile, so it cannot tell for how long it was out of reach.',
      fr: 'L’appareil a redémarré entre-temps ; il ne peut donc pas dire combien de temps il était injoignable.',
    },
  },
  journal_broken: {
    disk_trouble: { en: 'The door stayed shut to codes; the way out was free.', fr: 'La porte est restée fermée aux codes ; la sortie restait libre.' },
  },
};

/** What an alarm means and what to do now. Duress is in no state of the device, as a speaker might read that aloud at the door. */
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
  camera_fault: {
    said: { en: 'The picture was lost during a visit', fr: 'L’image a été perdue pendant une visite' },
    todo: {
      en: 'Somebody may be inside. The door locks once it is shut, and no code opens it until the camera sees again. Call the courier, or somebody near.',
      fr: 'Quelqu’un est peut-être à l’intérieur. La porte se verrouille dès qu’elle est refermée, et aucun code ne l’ouvre avant que la caméra voie à nouveau. Appelez le livreur ou un proche.',
    },
  },
  journal_broken: {
    said: { en: 'The device cannot use its storage', fr: 'L’appareil ne peut pas utiliser son stockage' },
    todo: {
      en: 'Its log cannot be written, or what it had kept cannot be read. The door stays shut to codes until it can; the way out is free. Check the device’s storage.',
      fr: 'Son journal ne peut pas être écrit, ou ce qu’il avait gardé ne peut pas être lu. D’ici là, la porte reste fermée aux codes ; la sortie est libre. Vérifiez le stockage de l’appareil.',
    },
  },
};
