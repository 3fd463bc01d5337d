package service

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"vestibule/firmware/gate/internal/book"
	"vestibule/firmware/gate/internal/challenge"
	"vestibule/firmware/gate/internal/clock"
	"vestibule/firmware/gate/internal/journal"
	"vestibule/firmware/gate/internal/keys"
	"vestibule/firmware/gate/internal/knock"
	"vestibule/firmware/gate/internal/references"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/firmware/gate/internal/typing"
	"vestibule/firmware/pipe"
	"vestibule/hardware/board"
	"vestibule/hardware/wiegand"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Setting is what a gate is made of.
type Setting struct {
	State  string // folder of the journal and the passes
	Trust  string // folder of the public keys, for eye
	Keys   *keys.Keys
	Door   *board.Door // Run does not halt it
	Eye    *pipe.Listener
	Link   *pipe.Listener
	Clocks Clocks
	Built  time.Time // the time is not before that
	Bitten bool      // the watchdog started the machine
	Log    *slog.Logger
}

// Service is a gate. [New] makes one, Run runs it once.
type Service struct {
	door   *board.Door
	device string
	signer ed25519.PrivateKey
	seal   pass.SealKey
	trust  string
	clocks Clocks
	log    *slog.Logger

	listeners listeners
	disk      *disk
	lamp      *lamp
	fromEye   chan func()
	fromLink  chan func()
	wake      *time.Timer
	done      chan struct{} // closed when Run's loop has ended

	// All below belongs to Run's goroutine.
	state    rule.State
	effects  []rule.Effect // to be carried out
	carrying bool
	clock    *clock.Clock
	anchor   clock.Anchor // on the disk, or on its way there
	folder   string       // of all that is on the disk
	stamp    time.Time
	owner    keys.Owner
	pairing  bool                 // somebody's wish to be the owner is on its way to the disk
	may      *pass.Authority      // who may tell this device what
	barred   map[string]time.Time // whom it may not obey, though the signed word of that is lost
	unread   bool                 // some of what is kept could not be read: shut to codes
	epoch    uint64               // the newest that it knows
	passes   map[string]pass.Pass // kept, by delivery, as amended
	old      pass.Pass            // one that is being amended, as it was
	tints    map[string][]byte    // on the disk, by delivery; nil for one that is damaged
	leftover []string             // deliveries that are over, and still on the disk
	dropAt   time.Duration        // when to try to remove those again
	tinting  bool                 // a tint is on its way to the disk
	cuts     map[string]string    // how the camera's picture was cut when a delivery first showed the zone
	spending spending
	shelf    *references.Shelf
	remember remembering
	notes    [][]byte // waiting to be looked at
	early    [][]byte // amendments that came before their passes
	keeping  bool     // a note is on its way to the disk
	refused  ring     // notes that were refused
	budgets  map[wire.Kind]*budget
	vain     budget            // right codes that opened nothing
	asks     map[uint64]string // tries by page: the letter's id
	nextAsk  uint64
	locking  []locking
	drill    drill
	drilled  time.Time // when the latest one began
	oldDrill string    // delivery of one from before this run, of which the journal has no end
	knocks   *knock.Book
	eye      *session
	link     *session
	watch    challenge.Watch
	lampTold bool          // what eye was last told of the lamp
	lampAt   time.Duration // and when
	run      [8]byte       // random, of this run
	made     made
	secret   secretOf
	dummy    pass.Secret
	line     typing.Line
	cards    <-chan wiegand.Card // nil without a reader
	hold     typing.Hold
	loud     bool
	soundAt  time.Duration
	viewers  map[string]viewer
	nonces   map[[16]byte]time.Time
	beats    *time.Ticker
	beat     uint64
	beatFor  string
	shown    wire.State // without what was spent
	told     wire.Spent // and this is that
	shownAt  time.Duration
	coilAt   time.Duration // when to read the coil again; 0 for never
	coil     rule.Coil
	disowned []string // keys that lost their grants with a file, for the journal
	tearNote bool     // the journal's end was torn
	bitten   bool     // the watchdog started the machine
}

// secretOf is an open window's secret, as long as the window is open.
type secretOf struct {
	delivery string
	secret   pass.Secret
}

// ring remembers the last of many.
type ring struct {
	sums [64][sha256.Size]byte
	next int
}

// seen reports whether a sum is remembered, and remembers it.
func (r *ring) seen(sum [sha256.Size]byte) bool {
	if slices.Contains(r.sums[:], sum) {
		return true
	}
	r.sums[r.next] = sum
	r.next = (r.next + 1) % len(r.sums)
	return false
}

// New opens the journal and the passes and rebuilds what the device was doing.
func New(set Setting) (*Service, error) {
	s := &Service{
		door: set.Door, device: set.Keys.Device(), signer: set.Keys.Signer(), seal: set.Keys.Seal(), trust: set.Trust, folder: set.State, bitten: set.Bitten,
		clocks: set.Clocks, log: set.Log, listeners: listeners{set.Eye, set.Link},
		fromEye: make(chan func()), fromLink: make(chan func()), done: make(chan struct{}), wake: time.NewTimer(0),
		owner: set.Keys.Owner(), passes: map[string]pass.Pass{}, tints: map[string][]byte{}, cuts: map[string]string{}, budgets: map[wire.Kind]*budget{}, asks: map[uint64]string{},
		viewers: map[string]viewer{}, nonces: map[[16]byte]time.Time{}, beats: time.NewTicker(time.Hour),
	}
	s.beats.Stop()
	if s.door.Reader != nil {
		s.cards = s.door.Reader.Cards()
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	s.knocks = knock.New(key)
	_, _ = rand.Read(s.run[:])
	var err error
	if s.dummy, err = pass.NewSecret(); err != nil {
		return nil, err
	}
	kept, err := book.Open(filepath.Join(set.State, "passes"))
	if err != nil {
		s.cannotRead("the passes", err)
	}
	s.state = rule.New(kept.Epoch(), setupOf(s.door))
	memory := recollect(set.Built, s.obey(kept))
	all := s.verify(kept)
	crowded := len(all) > rule.MaxPasses // then the journal has to say first which of them are over
	if crowded {
		memory.closed = map[string]bool{}
	} else {
		s.restore(kept, all)
	}
	if s.shelf, err = references.Open(filepath.Join(set.State, "references")); err != nil {
		s.log.Error("some references cannot be read", "error", err)
	}
	log, report, err := journal.Open(filepath.Join(set.State, "journal"), s.device, s.signer, func(e wire.Event) {
		memory.hear(e)
		if !crowded {
			s.state.Replay(e)
		}
	})
	if err != nil {
		log, crowded = s.forgetAll(kept, err), false
		memory = recollect(set.Built, memory.kept)
	}
	if s.tearNote = report.Cut > 0; s.tearNote {
		s.log.Warn("the journal's end was torn", "cut_bytes", report.Cut, "entries", report.Entries)
	}
	if report.Unsure != nil {
		s.log.Error("the disk does not say that it has the journal", "error", report.Unsure)
	}
	s.drilled, s.oldDrill = memory.drilled, memory.cut
	s.anchor = readAnchor(set.State)
	s.clock = clock.New(memory.floor, s.anchor, s.clocks.Boot, s.clocks.read())
	s.lamp = newLamp(s.door.Lamp, challenge.NewDealer(rand.Reader), s.clocks.Mono, s.log)
	if crowded {
		if err := s.restoreCrowd(kept, all, memory, log); err != nil {
			log = s.forgetAll(kept, err)
		}
	}
	s.disk = newDisk(log, kept, set.Keys, s.log)
	s.deny(memory)
	if s.unread {
		s.state.Unread()
	} else if err := kept.Tidy(); err != nil {
		s.log.Error("what is left over cannot be removed", "error", err)
	}
	return s, nil
}

// setupOf says in the rule's words what a door is made of.
func setupOf(door *board.Door) rule.Setup {
	set := rule.Setup{NoContact: door.Fit.NoContact, NoBolt: door.Fit.NoBolt, Exit: door.Exit != nil}
	switch {
	case door.Fit.Lock == board.Motor:
		set.Lock = rule.Motor
	case door.Fit.Lock.FailSafe():
		set.Lock = rule.FailSafe
	}
	return set
}

var errClosed = errors.New("gate is stopping")
