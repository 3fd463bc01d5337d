package house

import (
	"context"
	"time"

	"vestibule/hub/wire"
)

// What the hub needs to remember. Implementations are safe for many goroutines and for
// several processes at once. Every write is on disk when the method returns. A store
// that can't write for want of space returns [ErrDisk]; in that case, and after any
// other error, nothing was changed. The clock is never read: where time matters it is
// an argument. package storetest holds every implementation to this.

// Devices keeps devices and the owners they were shown to obey.
type Devices interface {
	// AddDevice adds a device; one that is known is left as it is.
	AddDevice(ctx context.Context, d Device) error
	// Device returns ErrNoDevice when there is none.
	Device(ctx context.Context, id string) (Device, error)
	// Devices lists an owner's devices, or all of them for "", in the order of their ids.
	Devices(ctx context.Context, owner string) ([]Device, error)
	// Pair sets a device's owner and card and remembers the owner (and their name).
	// ErrNoDevice when there is no such device.
	Pair(ctx context.Context, device string, o Owner, card string) error
	// Owner returns ErrNoOwner when no device was ever shown to obey that key.
	Owner(ctx context.Context, id string) (Owner, error)
}

// Deliveries keeps deliveries and orders.
type Deliveries interface {
	// AddDelivery returns ErrKnown when a delivery of that name exists.
	AddDelivery(ctx context.Context, d Delivery) error
	// Delivery returns ErrNoDelivery when there is none.
	Delivery(ctx context.Context, id string) (Delivery, error)
	// DeliveriesOf lists an owner's, the latest window first.
	DeliveriesOf(ctx context.Context, owner string, limit int) ([]Delivery, error)
	// DeliveriesNaming lists those of a device that name a person, the latest window first.
	DeliveriesNaming(ctx context.Context, device, person string, limit int) ([]Delivery, error)
	// DeliveriesAfter lists those whose window ends after t, of one device or, for "",
	// of all.
	DeliveriesAfter(ctx context.Context, device string, t time.Time) ([]Delivery, error)
	// AmendDelivery keeps Until, Revision and Amendment of d. ErrAmended when there is that
	// revision or a later one already, ErrNoDelivery when there is no such delivery.
	AmendDelivery(ctx context.Context, d Delivery) error
	// ForgetCouriers empties Courier where window and retention are over at now.
	ForgetCouriers(ctx context.Context, now time.Time) error
	// AddOrder adds an order; one of a known id is left as it is.
	AddOrder(ctx context.Context, o Order) error
	// Orders lists a delivery's, the oldest first.
	Orders(ctx context.Context, delivery string) ([]Order, error)
}

// Events keeps what devices told.
type Events interface {
	// AddEvent writes an event down once: fresh is false when (device, index) is known,
	// whatever the rest says. next is the lowest index that is missing then.
	// ErrNoDevice when there is no such device.
	AddEvent(ctx context.Context, device string, e wire.Event) (fresh bool, next uint64, err error)
	// EventsBefore lists a device's events with an index below before, newest first.
	EventsBefore(ctx context.Context, device string, before uint64, limit int) ([]wire.Event, error)
	// EventsNaming is EventsBefore of the events that are about a person, or about a delivery that
	// names them.
	EventsNaming(ctx context.Context, device, person string, before uint64, limit int) ([]wire.Event, error)
	// Told sums up a device's events about one delivery.
	Told(ctx context.Context, device, delivery string) (Told, error)
}

// Words keeps what owners granted and took back.
type Words interface {
	// PutWord keeps a word in the place of the one of its leaf before, about the same person at
	// the same device. Of two the later counts, and of one second the one whose note is later in
	// the order of bytes; nothing is changed by one that does not count.
	PutWord(ctx context.Context, w Word) error
	// Words lists those of a device, by person, the grant before the revocation.
	Words(ctx context.Context, device string) ([]Word, error)
	// WordsAbout lists those about a person, by device, the grant before the revocation.
	WordsAbout(ctx context.Context, person string) ([]Word, error)
	// OldWords lists those about people of whom nothing was said at a device after t.
	OldWords(ctx context.Context, t time.Time) ([]Word, error)
	// DropWords removes those about a person at a device.
	DropWords(ctx context.Context, device, person string) error
}

// Invites keeps invitations.
type Invites interface {
	// AddInvite adds an invitation; one of a known id is left as it is.
	AddInvite(ctx context.Context, i Invite) error
	// Invite returns ErrNoInvite when there is none.
	Invite(ctx context.Context, id string) (Invite, error)
	// Invites lists a device's, the one that ends first before the others.
	Invites(ctx context.Context, device string) ([]Invite, error)
	// AnswerInvite keeps Key, Name and MAC of i. ErrInviteTaken when another key is there already,
	// ErrNoInvite when there is no such invitation.
	AnswerInvite(ctx context.Context, i Invite) error
	DropInvite(ctx context.Context, id string) error
	// DropInvites removes those that are over at now.
	DropInvites(ctx context.Context, now time.Time) error
}

// Users keeps MQTT users.
type Users interface {
	// PutUser adds a user or replaces the one of that name.
	PutUser(ctx context.Context, u User) error
	// User returns the zero User when there is none.
	User(ctx context.Context, name string) (User, error)
}

// Sessions keeps who is logged in. Only hashes of the cookies' secrets are kept, so that
// a stolen database logs nobody in.
type Sessions interface {
	AddSession(ctx context.Context, hash, owner string, until time.Time) error
	// Session returns "" when there is none that is valid at now.
	Session(ctx context.Context, hash string, now time.Time) (owner string, err error)
	DropSession(ctx context.Context, hash string) error
	// DropSessionsOf ends every session of a person.
	DropSessionsOf(ctx context.Context, person string) error
	// DropSessions removes those that are over at now.
	DropSessions(ctx context.Context, now time.Time) error
}

// Store is what a [House] needs.
type Store interface {
	Devices
	Deliveries
	Events
	Words
	Invites
}
