/** Why: what happened, and what the person who meets it can do now. One for each wire.Reason. */
import type { Reason } from '../lib/wire';
import type { Text } from './text';

export interface Why {
  readonly said: Text;
  readonly todo: Text;
}

const askOwner: Text = {
  en: 'Please contact the person who expects you.',
  fr: 'Veuillez contacter la personne qui vous attend.',
};
const waitCamera: Text = {
  en: 'Wait a few seconds and try again. If it goes on, check that nothing covers the camera.',
  fr: 'Attendez quelques secondes et réessayez. Si cela continue, vérifiez que rien ne couvre la caméra.',
};
const itComesBack: Text = {
  en: 'It starts again by itself. If it does not, check the device’s power and camera.',
  fr: 'Elle redémarre d’elle-même. Sinon, vérifiez l’alimentation et la caméra de l’appareil.',
};
const itSleepsAgain: Text = {
  en: 'It sleeps again by itself when nobody needs it any more.',
  fr: 'Elle se rendort d’elle-même dès qu’elle ne sert plus.',
};
const planAgain: Text = { en: 'Plan the delivery again.', fr: 'Planifiez la livraison à nouveau.' };
const drawZone: Text = {
  en: 'Plan the delivery again with another zone.',
  fr: 'Planifiez la livraison à nouveau avec une autre zone visible.',
};

export const reasons: Readonly<Record<Reason, Why>> = {
  code_wrong: {
    said: { en: 'This code does not open this door.', fr: 'Ce code n’ouvre pas cette porte.' },
    todo: {
      en: 'Check that the code is for this delivery and try again.',
      fr: 'Vérifiez que le code est bien celui de cette livraison et réessayez.',
    },
  },
  code_typo: {
    said: { en: 'One digit is not right.', fr: 'Un chiffre n’est pas juste.' },
    todo: {
      en: 'Read the code again and correct it. This did not count as a try.',
      fr: 'Relisez le code et corrigez-le. Cet essai n’est pas compté.',
    },
  },
  code_slowed: {
    said: { en: 'A wrong code was entered just before.', fr: 'Un code faux vient d’être saisi.' },
    todo: { en: 'Wait a moment, then try again.', fr: 'Attendez un instant, puis réessayez.' },
  },
  code_spent: {
    said: {
      en: 'Too many wrong codes were entered in this window.',
      fr: 'Trop de codes faux ont été saisis pendant ce créneau.',
    },
    todo: askOwner,
  },
  code_used: {
    said: { en: 'This code was used and its visit is over.', fr: 'Ce code a déjà servi et sa visite est terminée.' },
    todo: askOwner,
  },
  entries_used: {
    said: {
      en: 'The door was opened as many times as allowed.',
      fr: 'La porte a été ouverte autant de fois que permis.',
    },
    todo: askOwner,
  },
  try_stale: {
    said: { en: 'The code took too long on its way to the door.', fr: 'Le code a mis trop de temps à arriver à la porte.' },
    todo: { en: 'Press “Open the door” once more.', fr: 'Appuyez encore une fois sur « Ouvrir la porte ».' },
  },
  too_early: {
    said: { en: 'The delivery window has not opened yet.', fr: 'Le créneau de livraison n’a pas encore commencé.' },
    todo: { en: 'Come back when the window opens.', fr: 'Revenez au début du créneau.' },
  },
  too_late: {
    said: { en: 'The delivery window is over.', fr: 'Le créneau de livraison est terminé.' },
    todo: askOwner,
  },
  no_delivery: {
    said: { en: 'No delivery is expected at this door now.', fr: 'Aucune livraison n’est attendue à cette porte.' },
    todo: askOwner,
  },
  camera_unseen: {
    said: {
      en: 'The camera does not see the door yet, so the door stays shut.',
      fr: 'La caméra ne voit pas encore la porte ; la porte reste donc fermée.',
    },
    todo: waitCamera,
  },
  nobody_watches: {
    said: {
      en: 'The owner asked that somebody watches, and nobody does yet.',
      fr: 'Le propriétaire demande que quelqu’un regarde, et personne ne regarde encore.',
    },
    todo: {
      en: 'Ask the owner to open the live picture, then try again.',
      fr: 'Demandez au propriétaire d’ouvrir l’image en direct, puis réessayez.',
    },
  },
  offline: {
    said: {
      en: 'The device cannot reach the owner, and the owner asked to be told first.',
      fr: 'L’appareil ne peut pas joindre le propriétaire, qui a demandé à être prévenu.',
    },
    todo: {
      en: 'Wait a minute and try again, or call the person who expects you.',
      fr: 'Attendez une minute et réessayez, ou appelez la personne qui vous attend.',
    },
  },
  tampered: {
    said: { en: 'The device’s case was opened, so the door stays shut.', fr: 'Le boîtier de l’appareil a été ouvert ; la porte reste donc fermée.' },
    todo: { en: 'The owner has to check the device.', fr: 'Le propriétaire doit vérifier l’appareil.' },
  },
  clock_unsure: {
    said: {
      en: 'The device does not know the time yet, so the door stays shut.',
      fr: 'L’appareil ne connaît pas encore l’heure ; la porte reste donc fermée.',
    },
    todo: { en: 'Wait a minute and try again.', fr: 'Attendez une minute et réessayez.' },
  },
  disk_trouble: {
    said: {
      en: 'The device cannot write its log, so the door stays shut.',
      fr: 'L’appareil ne peut pas écrire son journal ; la porte reste donc fermée.',
    },
    todo: { en: 'The owner has to check the device’s storage.', fr: 'Le propriétaire doit vérifier le stockage de l’appareil.' },
  },
  door_unsure: {
    said: { en: 'The door’s sensors contradict one another.', fr: 'Les capteurs de la porte se contredisent.' },
    todo: { en: 'Pull the door firmly shut and try again.', fr: 'Refermez bien la porte et réessayez.' },
  },
  door_open: {
    said: { en: 'The door is open already.', fr: 'La porte est déjà ouverte.' },
    todo: { en: 'No code is needed. Shut the door when you leave.', fr: 'Aucun code n’est nécessaire. Refermez la porte en partant.' },
  },
  no_cards: {
    said: { en: 'Cards open nothing here.', fr: 'Ici, les cartes n’ouvrent rien.' },
    todo: { en: 'Type the code at the keypad.', fr: 'Tapez le code sur le clavier.' },
  },
  too_large: {
    said: { en: 'The message was larger than the device accepts.', fr: 'Le message était plus grand que ce que l’appareil accepte.' },
    todo: planAgain,
  },
  unreadable: {
    said: { en: 'The device cannot read the message.', fr: 'L’appareil ne peut pas lire le message.' },
    todo: { en: 'Reload this page and try again.', fr: 'Rechargez cette page et réessayez.' },
  },
  bad_signature: {
    said: {
      en: 'The message is not signed by the key that this door obeys.',
      fr: 'Le message n’est pas signé par la clé à laquelle cette porte obéit.',
    },
    todo: { en: 'Use the phone that was paired with this door.', fr: 'Utilisez le téléphone associé à cette porte.' },
  },
  other_device: {
    said: { en: 'The message is meant for another device.', fr: 'Le message est destiné à un autre appareil.' },
    todo: planAgain,
  },
  old_epoch: {
    said: { en: 'It was signed before the keys were changed.', fr: 'Il a été signé avant le changement des clés.' },
    todo: planAgain,
  },
  old_revision: {
    said: { en: 'A later change of this delivery is here already.', fr: 'Une modification plus récente de cette livraison est déjà arrivée.' },
    todo: { en: 'Reload this page and look at its window.', fr: 'Rechargez cette page et regardez son créneau.' },
  },
  not_granted: {
    said: { en: 'The owner has not allowed you this.', fr: 'Le propriétaire ne vous a pas accordé ce droit.' },
    todo: { en: 'Ask the owner to do it, or to allow it.', fr: 'Demandez au propriétaire de le faire, ou de vous y autoriser.' },
  },
  grant_over: {
    said: { en: 'What the owner allowed you does not hold at this time.', fr: 'L’autorisation du propriétaire ne vaut pas en ce moment.' },
    todo: { en: 'Ask the owner to allow it again.', fr: 'Demandez au propriétaire de la renouveler.' },
  },
  window_over: {
    said: { en: 'Its window was over when it arrived.', fr: 'Son créneau était terminé à son arrivée.' },
    todo: planAgain,
  },
  overlaps: {
    said: { en: 'Another delivery has this time already.', fr: 'Une autre livraison occupe déjà ce créneau.' },
    todo: { en: 'Choose another time, or cancel the other delivery.', fr: 'Choisissez un autre créneau, ou annulez l’autre livraison.' },
  },
  code_unsealed: {
    said: { en: 'Its code was not sealed for this device.', fr: 'Son code n’a pas été scellé pour cet appareil.' },
    todo: planAgain,
  },
  too_many: {
    said: { en: 'More deliveries are planned than the device can keep.', fr: 'Plus de livraisons sont prévues que l’appareil ne peut en garder.' },
    todo: { en: 'Cancel one that you no longer need.', fr: 'Annulez-en une qui n’est plus utile.' },
  },
  too_many_keys: {
    said: {
      en: 'The device remembers 64 people, each for 400 days after they were last given a right or lost it.',
      fr: 'L’appareil se souvient de 64 personnes, chacune pendant 400 jours après que leur dernier droit a été donné ou retiré.',
    },
    todo: {
      en: 'Give the right to somebody whom the device knows already, or wait until it has forgotten one.',
      fr: 'Donnez ce droit à une personne que l’appareil connaît déjà, ou attendez qu’il en ait oublié une.',
    },
  },
  not_paired: {
    said: { en: 'This device has no owner yet.', fr: 'Cet appareil n’a pas encore de propriétaire.' },
    todo: { en: 'Open its pairing link first.', fr: 'Ouvrez d’abord son lien d’association.' },
  },
  paired_already: {
    said: { en: 'This device has an owner already.', fr: 'Cet appareil a déjà un propriétaire.' },
    todo: { en: 'Use the phone that was paired first, or reset the device.', fr: 'Utilisez le premier téléphone associé, ou réinitialisez l’appareil.' },
  },
  pairing_wrong: {
    said: { en: 'The secret in the link is not this device’s.', fr: 'Le secret du lien n’est pas celui de cet appareil.' },
    todo: { en: 'Open the link exactly as the device shows it.', fr: 'Ouvrez le lien exactement comme l’appareil l’affiche.' },
  },
  not_watcher: {
    said: { en: 'This delivery does not name you among those who may watch.', fr: 'Cette livraison ne vous nomme pas parmi ceux qui peuvent regarder.' },
    todo: { en: 'Ask the owner who planned it.', fr: 'Demandez au propriétaire qui l’a planifiée.' },
  },
  call_stale: {
    said: { en: 'The call came too late or twice.', fr: 'L’appel est arrivé trop tard ou deux fois.' },
    todo: { en: 'Check that this phone’s clock is right. The page calls again by itself.', fr: 'Vérifiez l’heure de ce téléphone. La page rappelle d’elle-même.' },
  },
  busy: {
    said: { en: 'The device is busy with as many people as it can serve.', fr: 'L’appareil est déjà occupé avec autant de personnes qu’il peut servir.' },
    todo: { en: 'The page tries again by itself.', fr: 'La page réessaie d’elle-même.' },
  },
  drill_soon: {
    said: { en: 'A cut was practised a moment ago.', fr: 'Une coupure vient d’être simulée.' },
    todo: { en: 'Wait two minutes, then press again.', fr: 'Attendez deux minutes, puis recommencez.' },
  },
  restarted: {
    said: { en: 'The device was started anew in the middle of it.', fr: 'L’appareil a redémarré au milieu.' },
    todo: { en: 'Try again once it is back.', fr: 'Réessayez dès qu’il est de retour.' },
  },
  zone_missing: {
    said: { en: 'No zone is set, so the whole picture is glass.', fr: 'Aucune zone visible n’est définie ; toute l’image est en verre dépoli.' },
    todo: drawZone,
  },
  zone_invalid: {
    said: { en: 'The zone’s shape cannot be used, so the whole picture is glass.', fr: 'La forme de la zone visible est inutilisable ; toute l’image est en verre dépoli.' },
    todo: drawZone,
  },
  zone_too_large: {
    said: { en: 'The zone is too large, so the whole picture is glass.', fr: 'La zone visible est trop grande ; toute l’image est en verre dépoli.' },
    todo: drawZone,
  },
  camera_failed: { said: { en: 'The camera cannot be read.', fr: 'La caméra ne peut pas être lue.' }, todo: itComesBack },
  camera_ended: { said: { en: 'The camera gives no more pictures.', fr: 'La caméra ne donne plus d’images.' }, todo: itComesBack },
  camera_stalled: { said: { en: 'The camera’s picture stands still.', fr: 'L’image de la caméra est figée.' }, todo: itComesBack },
  camera_resized: {
    said: {
      en: 'The camera’s picture has another size than when this delivery began, so the whole picture is glass.',
      fr: 'L’image de la caméra n’a plus la taille qu’elle avait au début de cette livraison ; toute l’image est en verre dépoli.',
    },
    todo: {
      en: 'Put the camera back as it was. If you changed it yourself, plan the delivery again and check its zone.',
      fr: 'Remettez la caméra comme avant. Si vous l’avez changée vous-même, planifiez la livraison à nouveau et vérifiez la zone visible.',
    },
  },
  camera_moved: {
    said: {
      en: 'The camera was moved or turned, so the whole picture is glass until it stands as before.',
      fr: 'La caméra a été déplacée ou tournée ; toute l’image est en verre dépoli tant qu’elle n’a pas repris sa position.',
    },
    todo: {
      en: 'Put it back as it was. If you moved it yourself, forget the old position and plan the delivery again.',
      fr: 'Remettez-la comme avant. Si vous l’avez déplacée vous-même, oubliez l’ancienne position et planifiez la livraison à nouveau.',
    },
  },
  stand_unseen: {
    said: {
      en: 'It is too dark, or too little of the doorway shows, to tell whether the camera stands as before, so the whole picture is glass.',
      fr: 'Il fait trop sombre, ou l’entrée se voit trop peu, pour savoir si la caméra est restée en place ; toute l’image est en verre dépoli.',
    },
    todo: {
      en: 'Leave a light on at the door. Check that nothing covers the camera and that it still stands as before.',
      fr: 'Laissez une lumière allumée à la porte. Vérifiez que rien ne couvre la caméra et qu’elle est restée en place.',
    },
  },
  reference_bad: {
    said: {
      en: 'The device cannot check the camera’s position that you signed, so the whole picture is glass.',
      fr: 'L’appareil ne peut pas vérifier la position de la caméra que vous avez signée ; toute l’image est en verre dépoli.',
    },
    todo: {
      en: 'Forget the position, plan the delivery again, and have the camera’s position remembered anew.',
      fr: 'Oubliez la position, planifiez la livraison à nouveau, puis faites retenir la position de la caméra.',
    },
  },
  redactor_failed: {
    said: { en: 'The interior could not be hidden for certain, so the whole picture is glass.', fr: 'L’intérieur n’a pas pu être masqué à coup sûr ; toute l’image est en verre dépoli.' },
    todo: itComesBack,
  },
  eye_gone: { said: { en: 'The program that sees is not running.', fr: 'Le programme qui voit ne tourne pas.' }, todo: itComesBack },
  lamp_unseen: {
    said: { en: 'The camera does not see its lamp blink, so what it shows may not be this door now.', fr: 'La caméra ne voit pas clignoter sa lampe ; ce qu’elle montre n’est peut-être pas cette porte en ce moment.' },
    todo: { en: 'Check that nothing covers the camera or the lamp.', fr: 'Vérifiez que rien ne couvre la caméra ni la lampe.' },
  },
  camera_asleep: {
    said: { en: 'The camera sleeps.', fr: 'La caméra dort.' },
    todo: {
      en: 'In a delivery window it wakes when somebody looks, types a code, or moves the door.',
      fr: 'Pendant un créneau, elle se réveille si quelqu’un regarde, saisit un code ou bouge la porte.',
    },
  },
  by_viewer: { said: { en: 'Somebody of the household looked.', fr: 'Quelqu’un du foyer a regardé.' }, todo: itSleepsAgain },
  by_keypad: { said: { en: 'Somebody pressed a key at the door.', fr: 'Quelqu’un a appuyé sur une touche à la porte.' }, todo: itSleepsAgain },
  by_page: { said: { en: 'A code came from the courier’s page.', fr: 'Un code est arrivé de la page du livreur.' }, todo: itSleepsAgain },
  by_door: { said: { en: 'Something moved at the door.', fr: 'Quelque chose a bougé à la porte.' }, todo: itSleepsAgain },
  time_up: {
    said: { en: 'The time was up.', fr: 'Le temps était écoulé.' },
    todo: { en: 'Plan another delivery if one is still to come.', fr: 'Planifiez une autre livraison si une visite est encore attendue.' },
  },
  by_owner: {
    said: { en: 'The owner ended it.', fr: 'Le propriétaire y a mis fin.' },
    todo: askOwner,
  },
};

/** What does not pass by itself, so that the picture's cover says what to do. */
export const lasting: readonly Reason[] = ['zone_missing', 'zone_invalid', 'zone_too_large', 'camera_resized', 'camera_moved', 'stand_unseen', 'reference_bad', 'lamp_unseen'];

/** For a word that this page does not know yet. */
export const unknownReason: Why = {
  said: { en: 'The device refused, for a reason that this page does not know.', fr: 'L’appareil a refusé, pour une raison que cette page ne connaît pas.' },
  todo: { en: 'Reload this page.', fr: 'Rechargez cette page.' },
};
