// Package rule is the lock's rule: when the door may be opened, when it is locked again,
// when the camera has power, and what is written down.
//
// [Step] is a pure function of a [State], an [Event] and the time. It starts no goroutine,
// reads no clock and does no I/O; what it wants done it returns as [Effect]s, in the order in
// which they have to be done. Whoever calls it (package service) does them and tells it what
// came of them. That is why every bad day can be tried on it.
//
// # The door opens only if
//
// all of this holds, in the order in which a refusal names it:
//
//	the window is open and not cancelled         too_late, too_early, no_delivery
//	a wrong code could be written down           disk_trouble  (not for the 128-bit key)
//	no other code is on its way, or waits        code_slowed   (the 128-bit key: see below)
//	fewer than 10 wrong codes in this window, and fewer than 7 of them
//	at the keypad, or on the page, as this one   code_spent    (not for the 128-bit key)
//	no delay runs after a wrong one              code_slowed   (not for the 128-bit key)
//	the check digit fits                         code_typo     (costs nothing)
//	the code is right, or right under duress     code_wrong
//	its visit is not over                        code_used
//	the pass is of the newest epoch              old_epoch
//	entries are left                             entries_used
//	the case was not seen open since the window opened     tampered
//	the journal can be written                   disk_trouble
//	the time is known                            clock_unsure
//	contact, bolt, coil and case are known, and agree      door_unsure
//	the door is shut                             door_open     (without a contact: the bolt is held, door_unsure)
//	the picture is fresh, shows the zone and the lamp      camera_unseen  (unless optional)
//	link said within 3 s that it has the hub     offline       (unless allowed)
//	somebody watches, and the same of link       nobody_watches (if asked for)
//	and then: the burning of the code is on the disk
//
// Who has not the code learns nothing of what comes after it in the list. And a guess that is
// answered costs one of the 10 whatever happens then: the disk has it first, and only then is
// wrong digits' answer said. If gate dies before, nobody was told; if the disk fails, or takes more than
// 2 s, the answer is disk_trouble, right or wrong. So that nothing else tells one from the
// other, right digits that open nothing wait for the disk too, and until it has them no others
// are looked at. Only right ones in a pulse of the same visit are answered at once: the door is
// free already.
//
// The last two are link's word, said again every second. A link that hangs, or is cut off, soon
// counts as offline. One that was captured can claim to be online, and that somebody watches whom
// gate has admitted before and who has gone since: link alone has the network, and gate has no way
// of its own to ask. So these two say that an honest device would be able to tell the owner,
// never that the owner was told. A thief of link gains nothing else by it: all that is above them
// in the list still has to hold.
//
// Wrong codes are slowed: at the keypad and on the page alike 3 are free, then digits wait 2, 4,
// 8 ... 30 s there, and a wrong one never lengthens a running delay. 10 in a window, each worth
// 1e-8, let a guess succeed with 1e-7. The two are counted apart, so that the real courier is not
// shut out by somebody else's guessing: whoever guesses at the keypad slows nobody on the page, and
// leaves 3 tries there; the other way round too. At a keypad whose 7 are spent digits are
// refused for the rest of the window. Wrong codes neither slow nor spend the 128-bit key. It is answered
// code_slowed, for 1 s, while a code waits for the camera, and, if it is right, while an entry is on its way.
//
// # The camera sleeps until it is called
//
// Inside a window with a known time the camera has power only for a reason:
//
//	a visit is under way, or ended less than a grace ago: somebody may be within
//	the door is open
//	the local alarm sounds, or the sensors are unsure
//	it was called less than 30 s ago
//
// The grace after a visit is the one in which an opening from within is no alarm: what is not told is seen. It counts
// if the door was open in the visit; without a contact always. It is seen only in the window of its own delivery:
// another's picture is for others.
//
// It is called by a viewer whose signed call was judged right, and by link's word, each second, that
// they still watch; by each key at the keypad, a code from a page unless it is answered without a look, a call for
// help; by the door, its bolt or the device's case when they move. That a window opens is no reason. The journal
// has each waking once the camera has proved itself (camera_on, and by whom if it was a call) or has not in its
// time (camera_fault, and why, not by whom), and each going to sleep that comes after either.
//
// A code that needs the camera and would be looked at is held while the camera is woken, one at
// a time, before anything is asked of what it is: waiting tells nobody whether it is right. Others are told meanwhile
// that a code is on its way. It is looked at when the picture is live, or after 8 s without one; if its window ends before, it
// is too_late. A camera that was live and failed is not waited for. The first frame may come within a second of the key; a
// picture in which the lamp's challenge was seen cannot: that takes 3 s of blinking. So the first key calls, and
// who types eight more hardly waits.
//
// Who can call can have the camera see the zone, for nobody, for 30 s of a window. A page's code needs no login
// but a courier's link, and comes through the hub: both can make up codes. Wrong digits are few, and each one
// that wakes the camera is spent; a slip wakes nobody; a wrong 128-bit key is not counted, so with those it
// goes on, and the journal says that it was by_page. Link, once captured, can say that somebody whom gate has admitted still watches. Neither can
// admit anybody, or call outside a window.
//
// # Duress
//
// A code that is typed in its duress spelling ([Forced]) is answered as a right one is: the
// same effects in the same order, the same state shown, the same entries burned or refused.
// One entry more is written, duress, after what the answer needs, once a delivery, and only of a code
// that was looked at: guesses that cost nothing must not be confirmed in the journal either. It is in
// no [wire.State], because a speaker may read one aloud.
//
// # One code, one visit
//
// The first right code burns itself: visit_started is written, and only when the disk has it
// (event [Written]) does the coil get current. If the gate dies in between, the code counts
// as used for its first entry. Later entries of the same visit are written in the same way
// before the coil moves, as unlocked with their count. The visit is over when the door is
// shut and the grace has passed, or all entries are used and the door is shut, or the window
// ends while it is shut. An owner's lock or cancel ends it as soon as the door is shut, and so
// does a pass whose signer may not sign any more.
//
// The way out is mechanical and never asks. While a visit is under way and the door has been
// open in it, and for one more grace after it, opening from the inside is no alarm: whoever is
// in there when the window ends, is made shorter or is cancelled, walks out. At other times
// opening without an unlock is forced_open, also by a handle from within: the contact can't
// tell the difference. Where there is a request-to-exit button, a press says that the next
// opening within 15 s is from within. It energises nothing.
//
// # The end of a window may move
//
// An amendment makes a window longer or shorter, and changes nothing else. Only a later
// revision counts. What is over, cancelled or locked comes to no new life; what is burned may
// be made shorter only. The delivery is remembered for as long as its pass would hold as it
// was signed or amended, whichever is longer, so that a pass sent again opens no second
// window. When whoever amended it may not any more, the end goes back to what was signed, if that is
// sooner.
//
// Eye is told when a visit begins and ends: only during one may it show where something moves
// behind the glass, and only during one is it written down that somebody went from the zone
// into the interior (beyond_doorway, with the visit's count).
//
// # What anybody may ask for
//
// That the door is locked now ([LetGoCame]): it takes the coil's current, and does nothing else. It
// burns nothing, bars nothing and writes nothing, so it needs no signature.
//
// Help ([PanicCame]): during a window, a visit or its grace the local alarm sounds for 2 min, and
// panic is written. It opens nothing and keeps nothing shut.
//
// # What ends by itself, and what is an alarm
//
// The coil after 5 s or when the door shuts, whichever comes first, also one of which nobody knows
// whether it has current: to let go of none does nothing. A door that stays open
// for 30 s is an alarm. So is a picture that is lost while a visit is under way, at once,
// unless the owner made the camera optional for this delivery; it ends when the picture has been
// back for 3 s, or with the visit. Contradicting sensors for 2 s are unknown, and unknown is
// never locked. After tampering the door stays shut until the case is closed and another window
// opens. A journal that cannot be written keeps the door shut to codes until it can.
//
// # Doors that have less
//
// [Setup] says what a door is made of; its zero value is the strictest.
//
// Without a contact (NoContact) nobody knows whether the door is open: it is shown as unknown,
// held_open and forced_open are never said, and nothing relocks on shut, only after 5 s. The
// bolt alone says locked, and where it does not, no code is taken. A visit ends by time, one grace after the current ended, also when
// its entries are used; a courier may still be inside then, so the grace after it is seen and hears a call for help
// as anywhere, and somebody else may be let in by an open door. Entries count as ever.
//
// Without a switch at the bolt (NoBolt) the door is never shown as locked, only as unknown, and
// relocked is never said. That contact and coil agree is all that is known of it.
//
// A fail-safe lock is free while the power is away. The rule can't help that; after every start
// it says relocked once the bolt is held. A motor lock (Motor) takes up to 4 s to answer, waits
// for an open door to be shut before it throws its bolt, and stays free when the power fails
// while it is: relocked is said when its bolt is out, at the next start at the latest.
//
// # States
//
//	delivery   planned -> window open -> closed -> forgotten, once no pass of it would hold;
//	           one that was cancelled at once but for its name, of which 64 are remembered
//	visit      awaited -> under way -> over
//	entry      none -> writing (to the disk) -> energising (until the coil answers) -> none;
//	           abandoned: refused meanwhile, and the disk may still get it
//	refusal    none -> writing (to the disk) -> none; abandoned as an entry is
//	door       open, closed, unknown; held, forced, unsure beside it
//	camera     asleep (no power) -> starting -> live <-> fault, from each to asleep
//	code held  none -> waiting (for the camera) -> none
//
// # Restart
//
// [State.Replay] takes the journal's entries in order, after the plans of the passes that
// are kept ([State.Restore]); [Resume] then goes on from there. The delay after wrong codes
// begins anew, the count of wrong ones and of entries stays. The local alarm goes on if its
// cause does. The camera sleeps unless a reason other than a call goes on, and a code that was held is
// forgotten unanswered, as one is that was on its way.
//
// What the journal knows and the disk has lost is over: a delivery whose pass is gone, and one whose
// latest amendment is. The household is told, as window_closed or cancelled with disk_trouble. While the
// disk does not let itself be read ([State.Unread]) the door is shut to codes, and nothing is concluded.
//
// # Non-goals
//
// Who may sign what: that was judged before there was
// a [Plan] or an [Event] of it. What a courier does inside: see eye.
package rule
