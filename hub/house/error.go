package house

import (
	"errors"
	"fmt"
)

// Error is what a person is told when something can't be done, in both languages, with
// a code for the machine and the cause for the log. The cause never reaches a person:
// it may hold what they must not see.
//
// Two Errors are the same to [errors.Is] when their codes are.
type Error struct {
	Code   string // a word of a-z and _, often a wire.Reason
	En, Fr string // one or two sentences: what happened, what to do now
	Cause  error  // may be nil
}

// Error is for logs, not for people.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Code
	}
	return fmt.Sprintf("%s: %v", e.Code, e.Cause)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is compares codes.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// With is the same error with a cause.
func (e *Error) With(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// AsError finds the Error in an error's chain; whatever has none is [ErrInternal].
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return ErrInternal.With(err)
}

// What can go wrong with devices, owners, deliveries and letters. The pages' own
// refusals are in package web.
var (
	ErrInternal = &Error{Code: "internal",
		En: "Something went wrong in the hub. Please try again; if it stays, look at the hub’s log.",
		Fr: "Une erreur s’est produite dans le concentrateur. Veuillez réessayer ; si elle persiste, consultez son journal technique."}
	ErrDisk = &Error{Code: "disk_trouble",
		En: "The hub cannot write to its disk. Nothing was saved. Free some space, then try again.",
		Fr: "Le concentrateur ne peut pas écrire sur son disque. Rien n’a été enregistré. Libérez de la place, puis réessayez."}
	ErrNoDevice = &Error{Code: "no_device",
		En: "No device of that name is known here. Check the link you opened.",
		Fr: "Aucun appareil de ce nom n’est connu ici. Vérifiez le lien que vous avez ouvert."}
	ErrNoOwner = &Error{Code: "owner_unknown",
		En: "This phone owns no device here. Open the pairing link of your device first.",
		Fr: "Ce téléphone ne possède aucun appareil ici. Ouvrez d’abord le lien d’association de votre appareil."}
	ErrOtherDevice = &Error{Code: "other_device",
		En: "This is meant for a device that is not yours. Nothing was sent.",
		Fr: "Ceci est destiné à un appareil qui n’est pas le vôtre. Rien n’a été envoyé."}
	ErrOffline = &Error{Code: "device_offline",
		En: "The device is not connected to the hub at the moment. Check its power and network, then try again.",
		Fr: "L’appareil n’est pas connecté au concentrateur pour le moment. Vérifiez son alimentation et son réseau, puis réessayez."}
	ErrSilent = &Error{Code: "device_silent",
		En: "The device did not answer in time. Please try again in a moment.",
		Fr: "L’appareil n’a pas répondu à temps. Veuillez réessayer dans un instant."}
	ErrCard = &Error{Code: "card_wrong",
		En: "The device’s answer is not properly signed. Nothing was changed; do not use this link again.",
		Fr: "La réponse de l’appareil n’est pas correctement signée. Rien n’a été modifié ; n’utilisez plus ce lien."}
	ErrTooLarge = &Error{Code: "too_large",
		En: "What was sent is too large to be genuine. Nothing was saved.",
		Fr: "Ce qui a été envoyé est trop volumineux pour être authentique. Rien n’a été enregistré."}
	ErrUnreadable = &Error{Code: "unreadable",
		En: "What was sent cannot be read. Reload the page and try again.",
		Fr: "Ce qui a été envoyé est illisible. Rechargez la page et réessayez."}
	ErrSignature = &Error{Code: "bad_signature",
		En: "The signature is not the owner’s. Nothing was sent to the device.",
		Fr: "La signature n’est pas celle du propriétaire. Rien n’a été envoyé à l’appareil."}
	ErrWindowOver = &Error{Code: "window_over",
		En: "This window is over already. Choose a later one.",
		Fr: "Ce créneau est déjà passé. Choisissez-en un plus tard."}
	ErrAmended = &Error{Code: "old_revision",
		En: "This window was changed a moment ago from somewhere else. Look at it again before you change it.",
		Fr: "Ce créneau vient d’être modifié depuis un autre endroit. Regardez-le à nouveau avant de le changer."}
	ErrTooFar = &Error{Code: "too_far_ahead",
		En: "This window is more than 90 days away. Choose an earlier one.",
		Fr: "Ce créneau est dans plus de 90 jours. Choisissez-en un plus tôt."}
	ErrTooMany = &Error{Code: "too_many",
		En: "This device has as many planned deliveries as it keeps. Cancel one, then try again.",
		Fr: "Cet appareil a déjà autant de livraisons prévues qu’il peut en garder. Annulez-en une, puis réessayez."}
	ErrName = &Error{Code: "delivery_name",
		En: "The delivery’s name is too short to be kept secret. Reload the page and try again.",
		Fr: "Le nom de la livraison est trop court pour rester secret. Rechargez la page et réessayez."}
	ErrKnown = &Error{Code: "delivery_known",
		En: "A delivery of that name exists already. Plan a new one.",
		Fr: "Une livraison de ce nom existe déjà. Prévoyez-en une nouvelle."}
	ErrNotGranted = &Error{Code: "not_granted",
		En: "The owner has not allowed you this. Nothing was sent.",
		Fr: "Le propriétaire ne vous a pas accordé ce droit. Rien n’a été envoyé."}
	ErrGrantOver = &Error{Code: "grant_over",
		En: "What the owner allowed you does not hold at that time. Choose another time, or ask the owner.",
		Fr: "L’autorisation du propriétaire ne vaut pas à ce moment-là. Choisissez une autre heure, ou demandez au propriétaire."}
	ErrNoSeat = &Error{Code: "access_over",
		En: "This phone may no longer do anything here: the owner took it back, or its time is over. Ask the owner to invite you again.",
		Fr: "Ce téléphone n’a plus aucun droit ici : le propriétaire les a retirés, ou leur durée est écoulée. Demandez au propriétaire de vous inviter à nouveau."}
	ErrTooManyPeople = &Error{Code: "too_many_keys",
		En: "This device remembers 64 people, each for 400 days. Nobody can be added until it has forgotten one.",
		Fr: "Cet appareil se souvient de 64 personnes, chacune pendant 400 jours. Personne ne peut être ajouté avant qu’il en ait oublié une."}
	ErrTooManyInvites = &Error{Code: "too_many_invites",
		En: "Too many invitations are open. Take one back, then try again.",
		Fr: "Trop d’invitations sont en cours. Annulez-en une, puis réessayez."}
	ErrNoInvite = &Error{Code: "no_invite",
		En: "This invitation is over, or it was taken back. Ask for a new one.",
		Fr: "Cette invitation a expiré ou a été annulée. Demandez-en une nouvelle."}
	ErrInviteTaken = &Error{Code: "invite_taken",
		En: "Another phone has answered this invitation already. If it is not yours, tell whoever invited you, and ask for a new one.",
		Fr: "Un autre téléphone a déjà répondu à cette invitation. S’il n’est pas à vous, prévenez la personne qui vous a invité et demandez-en une nouvelle."}
	ErrNoDelivery = &Error{Code: "no_delivery",
		En: "There is no such delivery, or it is over. Ask whoever sent you this link.",
		Fr: "Cette livraison n’existe pas ou est terminée. Renseignez-vous auprès de la personne qui vous a envoyé ce lien."}
	ErrTooEarly = &Error{Code: "too_early",
		En: "This delivery’s window has not come yet. Come back when it begins.",
		Fr: "Le créneau de cette livraison n’a pas encore commencé. Revenez à son début."}
)
